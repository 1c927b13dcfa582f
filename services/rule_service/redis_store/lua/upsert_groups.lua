-- Adds, replaces or dismisses groups; bindings that may not stay go in the same write, as was planned.
--
-- KEYS[4] groups: hash chat_id → "<ordinal>:<json>"   KEYS[5] bindings: hash rule_id → summary   KEYS[6] [7] scratch
-- KEYS[8] by_ordinal: hash ordinal → chat_id   KEYS[9] active: zset chat_id → -ms   KEYS[10] releases: stream
-- KEYS[11…] the bitmap chunks that lose bindings
-- ARGV[3] JSON of what was planned: {seen, revision, active, chat_ids, bodies, releases, chunks, kept}
--   seen      SHA-1 over what the registry said of the groups
--   revision  the corp's then, or -1 where no group can lose bindings
--   active    score of the groups in KEYS[9], or "" where they leave it: they are dismissed
--   releases  {payload for the log, …}
--   chunks    for each of KEYS[11…]: {rule_id, chunk, index of its mask in ARGV[5…]}; a mask holds the groups that stay
--   kept      how many records KEYS[10] keeps
-- ARGV[4] record of what goes, for KEYS[10]
local answer = answered()
if answer then return answer end

local plan = cjson.decode(ARGV[3])
local said = still_says(KEYS[4], plan.chat_ids, plan.seen)
if not said then return refuse('CHANGED_MEANWHILE') end
if plan.revision >= 0 and plan.revision ~= next_revision() - 1 then return refuse('CHANGED_MEANWHILE') end

local ordinals, records, created = {}, {}, 0
local changed, added = {}, {} -- fields and values of groups and by_ordinal
local given = tonumber(redis.call('HGET', META, 'ordinals') or '0')
for index, chat_id in ipairs(plan.chat_ids) do
  local ordinal = string.match(said[index], '^(%d+):')
  if not ordinal then
    ordinal = string.format('%d', given + created)
    added[#added + 1] = ordinal
    added[#added + 1] = chat_id
    created = created + 1
  end
  local record = ordinal .. ':' .. plan.bodies[index]
  if record ~= said[index] then
    changed[#changed + 1] = chat_id
    changed[#changed + 1] = record
    records[#records + 1] = record
  end
  ordinals[index] = tonumber(ordinal)
  if plan.active == '' then
    redis.call('ZREM', KEYS[9], chat_id)
  else
    redis.call('ZADD', KEYS[9], 'LT', plan.active, chat_id) -- the lower, the later
  end
end
if created > 0 then redis.call('HSET', META, 'ordinals', given + created) end
write_fields(KEYS[8], added)
write_fields(KEYS[4], changed)

local released = 0
for index, place in ipairs(plan.chunks) do
  local rule_id, chunk, bitmap = place[1], place[2], KEYS[10 + index]
  local count, chunks = read_summary(redis.call('HGET', KEYS[5], rule_id))
  redis.call('SET', KEYS[6], ARGV[4 + place[3]])
  redis.call('BITOP', 'AND', KEYS[7], bitmap, KEYS[6])
  local lost = redis.call('BITCOUNT', bitmap) - redis.call('BITCOUNT', KEYS[7])
  chunks[chunk] = place_chunk(KEYS[7], bitmap)
  write_summary(KEYS[5], rule_id, count - lost, chunks)
  released = released + lost
end
redis.call('DEL', KEYS[6], KEYS[7])

local result = {ordinals = ordinals, created = created, changed = #records, released = released}
if #records == 0 then return keep(result) end
if released > 0 then redis.call('XADD', KEYS[10], 'MAXLEN', plan.kept, next_revision() .. '-0', 'release', ARGV[4]) end
local changes = {{'groups', table.concat(records, '\n')}}
for _, payload in ipairs(plan.releases) do changes[#changes + 1] = {'binding', payload} end
return commit(changes, result)
