-- What there is of a corp's filter, as of one moment.
--
-- KEYS[1] revision   KEYS[2] header   KEYS[3] counts
-- Answers {number, chain, 1 if any list has an entry, {field of the header, value …}}.
local revision = redis.call('HMGET', KEYS[1], 'number', 'chain')
return {
  tonumber(revision[1] or '0'), revision[2] or '0', redis.call('EXISTS', KEYS[3]), redis.call('HGETALL', KEYS[2])
}
