-- Puts customers on a list: all who are not on it, or, if it would pass its limit, nobody.
--
-- KEYS[2] counts   KEYS[3] origins   KEYS[4] origin-uses   KEYS[5…] the bucket of each customer
-- ARGV[2] the list's field in counts   ARGV[3] most customers on the list
-- ARGV[4] id of the origin   ARGV[5] its json   ARGV[6] the entry   ARGV[7…] customers
-- Answers with a 1 for each customer who is new on the list, a 0 for each who was on it.
local answer = answered()
if answer then return answer end

local FIRST = 7
local function bucket(index) return KEYS[index - FIRST + 5] end

local outcomes, new = {}, {}
for index = FIRST, #ARGV do
  if redis.call('HEXISTS', bucket(index), ARGV[index]) == 0 then
    outcomes[#outcomes + 1] = '1'
    new[#new + 1] = index
  else
    outcomes[#outcomes + 1] = '0'
  end
end

local count, most = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0'), tonumber(ARGV[3])
if #new > 0 then
  if count + #new > most then return refuse('LIMIT', {current = count, asked = #new}) end
  for _, index in ipairs(new) do redis.call('HSET', bucket(index), ARGV[index], ARGV[6]) end
  count = redis.call('HINCRBY', KEYS[2], ARGV[2], #new)
  redis.call('HSET', KEYS[3], ARGV[4], ARGV[5])
  redis.call('HINCRBY', KEYS[4], ARGV[4], #new)
end
return remember({outcomes = table.concat(outcomes), count = count, limit = most})
