-- Looks through some of the store's keys: those of the server, or the slot, that a corp's are on.
--
-- KEYS[1] any key of the corp   ARGV[1] cursor   ARGV[2] pattern   ARGV[3] about how many to look at
-- Answers the next cursor, 0 at the end, and the keys that match.
return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
