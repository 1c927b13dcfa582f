-- Takes customers off a list, and forgets origins that no entry names any more.
--
-- KEYS[2] counts   KEYS[3] origins   KEYS[4] origin-uses   KEYS[5…] the bucket of each customer
-- ARGV[2] the list's field in counts   ARGV[3…] customers
-- Answers with a 1 for each customer who was on the list, a 0 for each who was not.
local answer = answered()
if answer then return answer end

local outcomes, removed, released = {}, 0, {}
for index = 3, #ARGV do
  local bucket = KEYS[index + 2]
  local entry = redis.call('HGET', bucket, ARGV[index])
  if entry then
    redis.call('HDEL', bucket, ARGV[index])
    local origin = string.match(entry, '^[^:]+')
    released[origin] = (released[origin] or 0) + 1
    removed = removed + 1
  end
  outcomes[#outcomes + 1] = entry and '1' or '0'
end

for origin, entries in pairs(released) do
  if redis.call('HINCRBY', KEYS[4], origin, -entries) == 0 then
    redis.call('HDEL', KEYS[4], origin)
    redis.call('HDEL', KEYS[3], origin)
  end
end
local count = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0')
if removed > 0 then
  count = redis.call('HINCRBY', KEYS[2], ARGV[2], -removed)
  if count == 0 then redis.call('HDEL', KEYS[2], ARGV[2]) end
end
return remember({outcomes = table.concat(outcomes), count = count})
