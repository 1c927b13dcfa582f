-- KEYS strikes   ARGV[1] the time in ms that strikes are newer than
-- Answers, for each key, a list of member, time, member, time, …
local strikes = {}
for index, key in ipairs(KEYS) do
  strikes[index] = redis.call('ZRANGEBYSCORE', key, '(' .. ARGV[1], '+inf', 'WITHSCORES')
end
return strikes
