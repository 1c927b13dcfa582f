-- KEYS[4] rules: hash rule_id → "<revision>:<json>"
-- KEYS[5] bindings: hash rule_id → summary   KEYS[6] the rule's history
-- ARGV[3] rule_id   ARGV[4] json   ARGV[5] revision the rule must be at
-- ARGV[6] edit   ARGV[7] most changes in a history   ARGV[8] state for its history
local answer = answered()
if answer then return answer end

local stored = redis.call('HGET', KEYS[4], ARGV[3])
if not stored then return refuse('RULE_NOT_FOUND', {rule_ids = {ARGV[3]}}) end
local at = string.match(stored, '^(%d+):')
if at ~= ARGV[5] then return refuse('ETAG_MISMATCH', {etag = at}) end

local summary = redis.call('HGET', KEYS[5], ARGV[3]) or nil
if stored == at .. ':' .. ARGV[4] then return keep({records = {stored}, summary = summary}) end
local record = next_revision() .. ':' .. ARGV[4]
redis.call('HSET', KEYS[4], ARGV[3], record)
note(KEYS[6], ARGV[7], ARGV[6], ARGV[8])
return commit({{'rule', record}}, {records = {record}, summary = summary})
