-- Binds some rules to one group and unbinds others from it, as was planned at a revision of the corp.
--
-- KEYS[4] bindings: hash rule_id → summary   KEYS[5…] each rule's bitmap chunk that holds the group
-- ARGV[3] revision of the plan   ARGV[4] chunk   ARGV[5] the group's place in it   ARGV[6] most groups of a rule
-- ARGV[7] JSON {bind, unbind}: rule_ids in the order of the keys   ARGV[8] [9] payloads for the log, empty for none
local answer = answered()
if answer then return answer end

if tonumber(ARGV[3]) ~= next_revision() - 1 then return refuse('CHANGED_MEANWHILE') end
local chunk, place, most = ARGV[4], ARGV[5], own_limit('groups_per_rule', tonumber(ARGV[6]))
local plan = cjson.decode(ARGV[7])

local over = {}
for _, rule_id in ipairs(plan.bind) do
  local count = read_summary(redis.call('HGET', KEYS[4], rule_id))
  if count + 1 > most then over[#over + 1] = {rule_id = rule_id, current = count, asked = 1} end
end
if #over > 0 then return refuse('LIMIT', {limit = most, rules = over}) end

local key = 4
local function set(rule_ids, bit)
  for _, rule_id in ipairs(rule_ids) do
    key = key + 1
    local count, chunks = read_summary(redis.call('HGET', KEYS[4], rule_id))
    count = count + bit - redis.call('SETBIT', KEYS[key], place, bit)
    chunks[chunk] = redis.call('BITCOUNT', KEYS[key]) > 0 or nil
    if not chunks[chunk] then redis.call('DEL', KEYS[key]) end
    write_summary(KEYS[4], rule_id, count, chunks)
  end
end
set(plan.bind, 1)
set(plan.unbind, 0)

local changes = {}
for index = 8, 9 do
  if ARGV[index] ~= '' then changes[#changes + 1] = {'binding', ARGV[index]} end
end
local result = {bound = plan.bind, unbound = plan.unbind}
if #changes == 0 then return keep(result) end
return commit(changes, result)
