-- KEYS[4] rules: hash rule_id → "<revision>:<json>"   KEYS[5] all rule_ids, sorted   KEYS[6] the owner's rule_ids
-- KEYS[7…] for each rule: its history
-- ARGV[3] most rules of an owner   ARGV[4] edit   ARGV[5] most changes in a history
-- ARGV[6…] for each rule: rule_id, json, state for its history
local answer = answered()
if answer then return answer end

for index = 6, #ARGV, 3 do
  local stored = redis.call('HGET', KEYS[4], ARGV[index])
  if stored then
    return refuse('ETAG_MISMATCH', {rule_id = ARGV[index], etag = string.match(stored, '^(%d+):')})
  end
end
local current, asked = redis.call('ZCARD', KEYS[6]), #KEYS - 6
local most = own_limit('rules_per_owner', tonumber(ARGV[3]))
if current + asked > most then return refuse('LIMIT', {limit = most, current = current}) end

local revision, records, changes = next_revision(), {}, {}
for index = 1, asked do
  local rule_id, json, state = unpack(ARGV, index * 3 + 3, index * 3 + 5)
  local record = revision .. ':' .. json
  redis.call('HSET', KEYS[4], rule_id, record)
  redis.call('ZADD', KEYS[5], 0, rule_id)
  redis.call('ZADD', KEYS[6], 0, rule_id)
  note(KEYS[6 + index], ARGV[5], ARGV[4], state)
  records[index], changes[index] = record, {'rule', record}
end
return commit(changes, {records = records})
