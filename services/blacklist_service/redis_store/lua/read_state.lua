-- What GetBlacklist tells, as of one moment.
--
-- KEYS[1] revision   KEYS[2] tail   KEYS[3] header   KEYS[4] counts   KEYS[5] expiries   ARGV[1] the list's field in counts
-- ARGV[2] µs since 1970
-- Answers {count, number, chain, added, removed, records in the tail, {field of the header, value …}, {bucket with expired entries …}}.
local revision = redis.call('HMGET', KEYS[1], 'number', 'chain', 'added', 'removed')
return {
  tonumber(redis.call('HGET', KEYS[4], ARGV[1]) or '0'), tonumber(revision[1] or '0'), revision[2] or '0',
  tonumber(revision[3] or '0'), tonumber(revision[4] or '0'), redis.call('XLEN', KEYS[2]), redis.call('HGETALL', KEYS[3]),
  redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', ARGV[2], 'LIMIT', 0, 100)
}
