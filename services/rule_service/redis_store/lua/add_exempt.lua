-- Puts customers on a list of exempt ones; the list within its limit, or nothing changes.
--
-- KEYS[4] the list: hash external_userid → details   KEYS[5] the lists that exist: zset of owner_userids
-- ARGV[3] owner_userid, empty for the corp's list   ARGV[4] most customers of a list
-- ARGV[5…] external_userid and details of each customer in turn
local answer = answered()
if answer then return answer end

local added, details = {}, {}
for index = 5, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[4], ARGV[index]) == 0 then
    added[#added + 1] = ARGV[index]
    details[#added] = ARGV[index + 1]
  end
end
if #added == 0 then return keep(0) end

local current, most = redis.call('HLEN', KEYS[4]), own_limit('exempt_customers_per_owner', tonumber(ARGV[4]))
if current + #added > most then return refuse('LIMIT', {limit = most, current = current, asked = #added}) end

for index, customer in ipairs(added) do redis.call('HSET', KEYS[4], customer, details[index]) end
redis.call('ZADD', KEYS[5], 0, ARGV[3])
return commit({{'exempt', cjson.encode({owner_userid = ARGV[3], added = added})}}, #added)
