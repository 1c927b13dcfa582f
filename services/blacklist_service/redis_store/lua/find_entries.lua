-- Looks customers up, writing nothing; most are on no list, so only those who are come back.
--
-- KEYS[1] origins   KEYS[2] revision   KEYS[3…] the bucket of each customer   ARGV[1…] customers
-- Answers {{place in ARGV, from 0, entry, place, entry …}, {id of an origin, its json, id, json …}, number, chain}.
local entries, origins, known = {}, {}, {}
for index = 1, #ARGV do
  local entry = redis.call('HGET', KEYS[index + 2], ARGV[index])
  if entry then
    entries[#entries + 1] = index - 1
    entries[#entries + 1] = entry
    local origin = string.match(entry, '^[^:]+')
    if not known[origin] then
      known[origin] = true
      origins[#origins + 1] = origin
      origins[#origins + 1] = redis.call('HGET', KEYS[1], origin)
    end
  end
end
local revision = redis.call('HMGET', KEYS[2], 'number', 'chain')
return {entries, origins, tonumber(revision[1] or '0'), revision[2] or '0'}
