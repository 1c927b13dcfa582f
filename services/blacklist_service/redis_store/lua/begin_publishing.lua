-- Takes the lease to publish a corp's filter, unless somebody has it.
--
-- KEYS[1] lease   KEYS[2] last version   KEYS[3] revision   KEYS[4] header   KEYS[5] counts
-- ARGV[1] who asks   ARGV[2] ms that the lease lasts
-- Answers nil, or {version, number, chain, added, removed, version of the published blob or 0, its bytes, {list, count …}}.
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return nil end
local revision = redis.call('HMGET', KEYS[3], 'number', 'chain', 'added', 'removed')
local header = redis.call('HMGET', KEYS[4], 'version', 'bits')
local version = math.max(redis.call('INCR', KEYS[2]), to_number(header[1], 0) + 1)
redis.call('SET', KEYS[2], version)
return {
  version, tonumber(revision[1] or '0'), revision[2] or '0', tonumber(revision[3] or '0'), tonumber(revision[4] or '0'),
  to_number(header[1], 0), to_number(header[2], 0) / 8, redis.call('HGETALL', KEYS[5])
}
