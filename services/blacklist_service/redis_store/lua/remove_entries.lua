-- Takes customers off a list, and forgets origins that no entry names any more.
--
-- KEYS[9…] the bucket of each customer   ARGV[5…] customers
-- Answers with a 1 for each customer who was on the list, a 0 for each who was not.
local answer = answered()
if answer then return answer end

local outcomes, gone, removed, released = {}, 0, 0, {}
for index = 5, #ARGV do
  local bucket = KEYS[index + 4]
  local entry = redis.call('HGET', bucket, ARGV[index])
  local listed = entry and not expired(entry)
  if entry then
    redis.call('HDEL', bucket, ARGV[index])
    count_in(released, origin_of(entry))
    gone = gone + 1
  end
  if listed then removed = removed + 1 end
  outcomes[#outcomes + 1] = listed and '1' or '0'
end
release(released)
local count = move_count(-gone)
commit('', gone)
local token, due = state()
return remember({outcomes = table.concat(outcomes), count = count, token = token, due = due})
