-- Puts a corp's settings in the place of others, with the limits that scripts look at.
--
-- ARGV[3] json, empty where nothing changes   ARGV[4] revision the settings must be at, 0 for none yet
-- ARGV[5…] name and value of each limit in turn; an empty value stands for groupguard's
local answer = answered()
if answer then return answer end

local stored = redis.call('HGET', META, 'settings') or nil
local at = stored and string.match(stored, '^(%d+):') or '0'
if at ~= ARGV[4] then return refuse('ETAG_MISMATCH', {etag = at}) end
if ARGV[3] == '' then return keep({record = stored}) end

local record = next_revision() .. ':' .. ARGV[3]
redis.call('HSET', META, 'settings', record)
for index = 5, #ARGV, 2 do
  if ARGV[index + 1] == '' then
    redis.call('HDEL', META, 'limit:' .. ARGV[index])
  else
    redis.call('HSET', META, 'limit:' .. ARGV[index], ARGV[index + 1])
  end
end
return commit({{'settings', record}}, {record = record})
