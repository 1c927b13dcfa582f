-- Erases the change log up to a revision. It may be repeated at will.
--
-- KEYS[1] log: stream with ids <revision>-0   ARGV[1] the revision
return redis.call('XTRIM', KEYS[1], 'MINID', (tonumber(ARGV[1]) + 1) .. '-0')
