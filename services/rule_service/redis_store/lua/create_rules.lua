-- KEYS[4] rules: hash rule_id → "<revision>:<json>"   KEYS[5] all rule_ids, sorted   KEYS[6] the owner's rule_ids
-- ARGV[3] most rules of an owner   ARGV[4…] for each rule: rule_id, json
local answer = answered()
if answer then return answer end

local current, asked = redis.call('ZCARD', KEYS[6]), (#ARGV - 3) / 2
if current + asked > tonumber(ARGV[3]) then return refuse('LIMIT', {current = current}) end

local revision, records, changes = next_revision(), {}, {}
for index = 4, #ARGV, 2 do
  local rule_id, record = ARGV[index], revision .. ':' .. ARGV[index + 1]
  redis.call('HSET', KEYS[4], rule_id, record)
  redis.call('ZADD', KEYS[5], 0, rule_id)
  redis.call('ZADD', KEYS[6], 0, rule_id)
  records[#records + 1] = record
  changes[#changes + 1] = {'rule', record}
end
return commit(changes, {records = records})
