-- Binds rules to groups and unbinds them from others by whole bitmap chunks; every rule within its limit, or nothing
-- changes. No group is in both lists: what is bound and what is unbound never cancel out.
--
-- KEYS[4] rules   KEYS[5] bindings: hash rule_id → summary   KEYS[6] groups: hash chat_id → "<ordinal>:<json>"
-- KEYS[7] [8] [9] scratch   then for each rule its bitmap keys, one a chunk asked
-- ARGV[3] payload for the log of what is bound, empty for nothing   ARGV[4] most groups of a rule
-- ARGV[5] payload for the log of what is unbound, empty for nothing
-- ARGV[6] SHA-1 over what the registry said of the groups to bind, empty where there are none
-- ARGV[7] number of rules R   ARGV[8] number of chunks C   then R rule_ids, C chunk numbers,
-- C masks of the groups to add, C masks of the groups that stay (both empty for no change), chat_ids of those to bind
local answer = answered()
if answer then return answer end

local most = own_limit('groups_per_rule', tonumber(ARGV[4]))
local rule_count, chunk_count = tonumber(ARGV[7]), tonumber(ARGV[8])
local add, stay, masked = KEYS[7], KEYS[8], KEYS[9]
local function rule_id(r) return ARGV[8 + r] end
local function chunk_number(c) return ARGV[8 + rule_count + c] end
local function add_mask(c) return ARGV[8 + rule_count + chunk_count + c] end
local function stay_mask(c) return ARGV[8 + rule_count + 2 * chunk_count + c] end
local function bitmap(r, c) return KEYS[9 + (r - 1) * chunk_count + c] end

local missing = {}
for r = 1, rule_count do
  if redis.call('HEXISTS', KEYS[4], rule_id(r)) == 0 then missing[#missing + 1] = rule_id(r) end
end
if #missing > 0 then return refuse('RULE_NOT_FOUND', {rule_ids = missing}) end

if ARGV[6] ~= '' then
  local chat_ids = {}
  for index = 9 + rule_count + 3 * chunk_count, #ARGV do chat_ids[#chat_ids + 1] = ARGV[index] end
  if not still_says(KEYS[6], chat_ids, ARGV[6]) then return refuse('CHANGED_MEANWHILE') end
end

local function set_masks(c)
  redis.call('SET', add, add_mask(c))
  redis.call('SET', stay, stay_mask(c))
end

-- Puts into the scratch key what a chunk of a rule would become; returns how many bits come and how many go.
local function apply(r, c)
  local had, come, gone, source = redis.call('BITCOUNT', bitmap(r, c)), 0, 0, bitmap(r, c)
  if add_mask(c) ~= '' then
    redis.call('BITOP', 'OR', masked, source, add)
    source, come = masked, redis.call('BITCOUNT', masked) - had
  end
  if stay_mask(c) ~= '' then
    redis.call('BITOP', 'AND', masked, source, stay)
    gone = had + come - redis.call('BITCOUNT', masked)
  end
  return come, gone
end

local before, after, chunks, changed = {}, {}, {}, false
for r = 1, rule_count do
  before[r], chunks[r] = read_summary(redis.call('HGET', KEYS[5], rule_id(r)))
  after[r] = before[r]
end
for c = 1, chunk_count do
  set_masks(c)
  for r = 1, rule_count do
    local come, gone = apply(r, c)
    after[r] = after[r] + come - gone
    if come + gone > 0 then changed = true end
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
  redis.call('DEL', add, stay, masked)
  if #over > 0 then return refuse('LIMIT', {limit = most, rules = over}) end
  return keep(results)
end

for c = 1, chunk_count do
  set_masks(c)
  for r = 1, rule_count do
    apply(r, c)
    chunks[r][chunk_number(c)] = place_chunk(masked, bitmap(r, c))
  end
end
for r = 1, rule_count do write_summary(KEYS[5], rule_id(r), after[r], chunks[r]) end
redis.call('DEL', add, stay, masked)
local changes = {}
for _, payload in ipairs({ARGV[3], ARGV[5]}) do
  if payload ~= '' then changes[#changes + 1] = {'binding', payload} end
end
return commit(changes, results)
