-- KEYS[4] rules: hash rule_id → "<revision>:<json>"   KEYS[5] all rule_ids, sorted   KEYS[6] the owner's rule_ids
-- ARGV[3] rule_id   ARGV[4] json   ARGV[5] most rules of an owner
local answer = answered()
if answer then return answer end

local current, most = redis.call('ZCARD', KEYS[6]), own_limit('rules_per_owner', tonumber(ARGV[5]))
if current >= most then return refuse('LIMIT', {limit = most, current = current}) end

local record = next_revision() .. ':' .. ARGV[4]
redis.call('HSET', KEYS[4], ARGV[3], record)
redis.call('ZADD', KEYS[5], 0, ARGV[3])
redis.call('ZADD', KEYS[6], 0, ARGV[3])
return commit({{'rule', record}}, {record = record})
