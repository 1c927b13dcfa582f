-- KEYS[4] groups: hash chat_id → "<ordinal>:<json>"
-- ARGV[3…] chat_id, json, chat_id, json …
local answer = answered()
if answer then return answer end

local ordinals, changes, created = {}, {}, 0
for index = 3, #ARGV, 2 do
  local chat_id, body = ARGV[index], ARGV[index + 1]
  local stored = redis.call('HGET', KEYS[4], chat_id)
  local ordinal
  if stored then
    ordinal = string.match(stored, '^(%d+):')
  else
    ordinal = redis.call('HINCRBY', META, 'ordinals', 1) - 1
    created = created + 1
  end
  local value = ordinal .. ':' .. body
  if value ~= stored then
    redis.call('HSET', KEYS[4], chat_id, value)
    changes[#changes + 1] = value
  end
  ordinals[#ordinals + 1] = tonumber(ordinal)
end

local result = {ordinals = ordinals, created = created}
if #changes == 0 then return keep(result) end
return commit('groups', table.concat(changes, '\n'), result)
