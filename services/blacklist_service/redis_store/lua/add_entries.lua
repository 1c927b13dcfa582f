-- Puts customers on a list: all who are not on it, or, if it would pass its limit, nobody.
--
-- KEYS[9…] the bucket of each customer
-- ARGV[5] most customers on the list   ARGV[6] id of the origin   ARGV[7] its json   ARGV[8] the entry
-- ARGV[9] a digest of each customer, one behind the other   ARGV[10…] customers
-- Answers with a 1 for each customer who is new on the list, a 0 for each who was on it. A refusal names buckets with entries that
-- have expired and still take places.
local answer = answered()
if answer then return answer end

local outcomes, new, replaced, released = {}, {}, 0, {}
for index = 10, #ARGV do
  local entry = redis.call('HGET', KEYS[index - 1], ARGV[index])
  if entry and not expired(entry) then
    outcomes[#outcomes + 1] = '0'
  else
    outcomes[#outcomes + 1] = '1'
    new[#new + 1] = index
    if entry then
      replaced = replaced + 1
      count_in(released, origin_of(entry))
    end
  end
end

local count, most = count_now(), tonumber(ARGV[5])
local more = #new - replaced
if more > 0 and count + more > most then
  return refuse('LIMIT', {current = count, asked = more, due = due_buckets()})
end
local digests = {}
for place, index in ipairs(new) do
  local bucket, from = KEYS[index - 1], (index - 10) * DIGEST
  redis.call('HSET', bucket, ARGV[index], ARGV[8])
  note_expiry(bucket, ARGV[8])
  digests[place] = string.sub(ARGV[9], from + 1, from + DIGEST)
end
use(ARGV[6], ARGV[7], #new)
release(released)
count = move_count(more)
commit(table.concat(digests), 0)
local token, due = state()
return remember({outcomes = table.concat(outcomes), count = count, limit = most, token = token, due = due})
