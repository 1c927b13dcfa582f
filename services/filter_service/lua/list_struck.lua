-- KEYS[1] who may have strikes, by name
-- ARGV[1] the least name, and ARGV[2] the first name too great, as ZRANGEBYLEX has them   ARGV[3] how many at most
-- Answers a list of names.
return redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
