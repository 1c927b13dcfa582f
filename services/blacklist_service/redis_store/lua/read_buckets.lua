-- Reads whole buckets.
--
-- KEYS[1] origins   KEYS[2…] buckets
-- Answers {{{customer, entry, customer, entry …} of each bucket}, {id of an origin, its json, id, json …}}.
local buckets, origins, known = {}, {}, {}
for index = 2, #KEYS do
  local all = redis.call('HGETALL', KEYS[index])
  buckets[#buckets + 1] = all
  for place = 2, #all, 2 do
    local origin = string.match(all[place], '^[^:]+')
    if not known[origin] then
      known[origin] = true
      origins[#origins + 1] = origin
      origins[#origins + 1] = redis.call('HGET', KEYS[1], origin)
    end
  end
end
return {buckets, origins}
