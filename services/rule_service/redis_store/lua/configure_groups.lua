-- Binds rules to groups or unbinds them by whole bitmap chunks; every rule within its limit, or nothing changes.
--
-- KEYS[4] rules   KEYS[5] bindings: hash rule_id → summary   KEYS[6] groups: hash chat_id → "<ordinal>:<json>"
-- KEYS[7] [8] scratch   then for each rule its bitmap keys, one a chunk asked
-- ARGV[3] bind | unbind   ARGV[4] most groups of a rule   ARGV[5] payload for the log
-- ARGV[6] SHA-1 over what the registry said of the groups, or empty where it does not matter
-- ARGV[7] number of rules R   ARGV[8] number of chunks C   then R rule_ids, C chunk numbers, C masks, chat_ids
local answer = answered()
if answer then return answer end

local operation, most = ARGV[3], own_limit('groups_per_rule', tonumber(ARGV[4]))
local rule_count, chunk_count = tonumber(ARGV[7]), tonumber(ARGV[8])
local mask, masked = KEYS[7], KEYS[8]
local function rule_id(r) return ARGV[8 + r] end
local function chunk_number(c) return ARGV[8 + rule_count + c] end
local function chunk_mask(c) return ARGV[8 + rule_count + chunk_count + c] end
local function bitmap(r, c) return KEYS[8 + (r - 1) * chunk_count + c] end

local missing = {}
for r = 1, rule_count do
  if redis.call('HEXISTS', KEYS[4], rule_id(r)) == 0 then missing[#missing + 1] = rule_id(r) end
end
if #missing > 0 then return refuse('RULE_NOT_FOUND', {rule_ids = missing}) end

if ARGV[6] ~= '' then
  local chat_ids = {}
  for index = 9 + rule_count + 2 * chunk_count, #ARGV do chat_ids[#chat_ids + 1] = ARGV[index] end
  if not still_says(KEYS[6], chat_ids, ARGV[6]) then return refuse('CHANGED_MEANWHILE') end
end

-- Puts into the scratch key what a chunk of a rule would become; returns its bits before and after.
local function apply(r, c)
  local before = redis.call('BITCOUNT', bitmap(r, c))
  if operation == 'bind' then
    redis.call('BITOP', 'OR', masked, bitmap(r, c), mask)
  else
    redis.call('BITOP', 'AND', masked, bitmap(r, c), mask) -- the mask holds the groups that stay
  end
  return before, redis.call('BITCOUNT', masked)
end

local before, after, chunks, changed = {}, {}, {}, false
for r = 1, rule_count do
  before[r], chunks[r] = read_summary(redis.call('HGET', KEYS[5], rule_id(r)))
  after[r] = before[r]
end
for c = 1, chunk_count do
  redis.call('SET', mask, chunk_mask(c))
  for r = 1, rule_count do
    local had, has = apply(r, c)
    after[r] = after[r] + has - had
    if had ~= has then changed = true end
  end
end

local over, results = {}, {}
for r = 1, rule_count do
  if after[r] > math.max(most, before[r]) then
    over[#over + 1] = {rule_id = rule_id(r), current = before[r], asked = after[r] - before[r]}
  end
  results[r] = {before[r], after[r]}
end
if #over > 0 or not changed then
  redis.call('DEL', mask, masked)
  if #over > 0 then return refuse('LIMIT', {limit = most, rules = over}) end
  return keep(results)
end

for c = 1, chunk_count do
  redis.call('SET', mask, chunk_mask(c))
  for r = 1, rule_count do
    apply(r, c)
    chunks[r][chunk_number(c)] = place_chunk(masked, bitmap(r, c))
  end
end
for r = 1, rule_count do write_summary(KEYS[5], rule_id(r), after[r], chunks[r]) end
redis.call('DEL', mask, masked)
return commit({{'binding', ARGV[5]}}, results)
