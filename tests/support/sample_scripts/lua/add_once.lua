-- KEYS: counter, requests already seen; ARGV: request_id, amount
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then
  return tonumber(redis.call('GET', KEYS[1]))
end
return redis.call('INCRBY', KEYS[1], ARGV[2])
