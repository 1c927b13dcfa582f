-- KEYS[1], KEYS[2] who may have strikes, by time and by name; then for each person the strikes and the shadow strikes
-- ARGV for each person `chat:sender`, `sender:chat`
-- Answers how many strikes there were.
local cleared = 0
for index = 3, #KEYS do
  cleared = cleared + redis.call('ZCARD', KEYS[index])
  redis.call('DEL', KEYS[index])
end
for index = 1, #ARGV, 2 do
  redis.call('ZREM', KEYS[1], ARGV[index])
  redis.call('ZREM', KEYS[2], 'c:' .. ARGV[index], 's:' .. ARGV[index + 1])
end
return cleared
