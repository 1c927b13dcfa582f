-- KEYS[4] rules: hash rule_id → "<revision>:<json>"   KEYS[5] all rule_ids   KEYS[6] the owner's rule_ids
-- KEYS[7] bindings: hash rule_id → summary            KEYS[8] the rule's history
-- KEYS[9…] the rule's bitmap chunks
-- ARGV[3] rule_id   ARGV[4] revision the rule must be at   ARGV[5] its summary when the keys were chosen
-- ARGV[6] edit      ARGV[7] most changes in a history
local answer = answered()
if answer then return answer end

local stored = redis.call('HGET', KEYS[4], ARGV[3])
if not stored then return refuse('RULE_NOT_FOUND', {rule_ids = {ARGV[3]}}) end
local at = string.match(stored, '^(%d+):')
if at ~= ARGV[4] then return refuse('ETAG_MISMATCH', {etag = at}) end
if (redis.call('HGET', KEYS[7], ARGV[3]) or '') ~= ARGV[5] then return refuse('CHANGED_MEANWHILE') end

redis.call('HDEL', KEYS[4], ARGV[3])
redis.call('ZREM', KEYS[5], ARGV[3])
redis.call('ZREM', KEYS[6], ARGV[3])
redis.call('HDEL', KEYS[7], ARGV[3])
for index = 9, #KEYS do redis.call('DEL', KEYS[index]) end
note(KEYS[8], ARGV[7], ARGV[6])
return commit({{'deleted', ARGV[3]}}, {})
