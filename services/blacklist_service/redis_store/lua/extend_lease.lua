-- Makes the lease last.
--
-- KEYS[1] lease   ARGV[1] whose   ARGV[2] ms
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return refuse('LEASE_LOST') end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
