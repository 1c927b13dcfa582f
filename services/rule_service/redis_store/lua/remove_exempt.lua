-- Takes customers off a list of exempt ones; an emptied list leaves nothing.
--
-- KEYS[4] the list: hash external_userid → details   KEYS[5] the lists that exist: zset of owner_userids
-- ARGV[3] owner_userid, empty for the corp's list   ARGV[4…] external_userids
local answer = answered()
if answer then return answer end

local removed = {}
for index = 4, #ARGV do
  if redis.call('HDEL', KEYS[4], ARGV[index]) == 1 then removed[#removed + 1] = ARGV[index] end
end
if #removed == 0 then return keep(0) end

if redis.call('EXISTS', KEYS[4]) == 0 then redis.call('ZREM', KEYS[5], ARGV[3]) end
return commit({{'exempt', cjson.encode({owner_userid = ARGV[3], removed = removed})}}, #removed)
