-- Puts a blob whose pieces are written in the place of the published one, if its writer still has the lease.
--
-- KEYS[1] lease   KEYS[2] revision   KEYS[3] tail   KEYS[4] header   KEYS[5…] the new pieces, and then the old ones
-- ARGV[1] whose lease   ARGV[2] corp_id   ARGV[3] number of new pieces   ARGV[4] seconds that old pieces stay
-- ARGV[5] version that is replaced   ARGV[6] added, ARGV[7] removed: before the blob was begun   ARGV[8…] the header
local OLD_PIECES = 5 + tonumber(ARGV[3])
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return refuse('LEASE_LOST') end
if to_number(redis.call('HGET', KEYS[4], 'version'), 0) ~= tonumber(ARGV[5]) then return refuse('LEASE_LOST') end
for index = 5, OLD_PIECES - 1 do
  if redis.call('EXISTS', KEYS[index]) == 0 then return refuse('LEASE_LOST') end -- it took so long that a piece expired
end
for index = 5, OLD_PIECES - 1 do redis.call('PERSIST', KEYS[index]) end
for index = OLD_PIECES, #KEYS do redis.call('EXPIRE', KEYS[index], ARGV[4]) end
redis.call('DEL', KEYS[4])
redis.call('HSET', KEYS[4], unpack(ARGV, 8))
local number = to_number(redis.call('HGET', KEYS[2], 'number'), 0)
local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
if last and tonumber(string.match(last[1], '^%d+')) > number then
  redis.call('DEL', KEYS[3]) -- records of a history that was lost
else
  redis.call('XTRIM', KEYS[3], 'MINID', (tonumber(redis.call('HGET', KEYS[4], 'number')) + 1) .. '-0')
end
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HINCRBY', KEYS[2], 'added', -tonumber(ARGV[6]))
  redis.call('HINCRBY', KEYS[2], 'removed', -tonumber(ARGV[7]))
end
redis.call('PUBLISH', 'gg:blacklist:notices', number .. ' ' .. ARGV[2])
return 1
