-- Takes expired entries out of buckets, so that their places are free. It may be repeated at will.
--
-- KEYS[9…] buckets
-- Answers the number of customers on the list.
local released, gone = {}, 0
for index = 9, #KEYS do gone = gone + drop_entries(KEYS[index], expired, released) end
release(released)
if gone > 0 then redis.call('HINCRBY', REVISION, 'removed', gone) end
return move_count(-gone)
