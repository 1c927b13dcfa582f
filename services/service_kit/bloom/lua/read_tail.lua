-- What was written behind a revision, as of one moment.
--
-- KEYS[1] revision   KEYS[2] tail   KEYS[3] header   ARGV[1] number of the revision   ARGV[2] most records
-- Answers {number, chain, version of the published blob or 0, {record, record …}}.
local revision = redis.call('HMGET', KEYS[1], 'number', 'chain')
return {
  tonumber(revision[1] or '0'), revision[2] or '0', tonumber(redis.call('HGET', KEYS[3], 'version') or '0'),
  redis.call('XRANGE', KEYS[2], (tonumber(ARGV[1]) + 1) .. '-0', '+', 'COUNT', ARGV[2])
}
