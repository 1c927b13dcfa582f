-- What every write of RuleService begins and ends with.
--
-- KEYS[1] meta: hash of revision, chain, ordinals   KEYS[2] log: stream of changes   KEYS[3] record of the request_id
-- ARGV[1] fingerprint of the request's body         ARGV[2] corp_id

local META, LOG, REQUEST = KEYS[1], KEYS[2], KEYS[3]
local FINGERPRINT, CORP = ARGV[1], ARGV[2]

local REMEMBER_SECONDS = 3600 -- how long a request_id is known
local LOG_LENGTH = 1000       -- revisions a follower may be behind before it starts anew

local function refuse(code, details)
  return redis.error_reply('GG:' .. code .. ' ' .. cjson.encode(details or {}))
end

-- Returns the answer to give without doing anything: the first call's, or a refusal. Nil for a new request.
local function answered()
  local record = redis.call('HMGET', REQUEST, 'fingerprint', 'answer')
  if not record[1] then return nil end
  if record[1] ~= FINGERPRINT then return refuse('REQUEST_ID_REUSED') end
  return record[2]
end

local function next_revision()
  return tonumber(redis.call('HGET', META, 'revision') or '0') + 1
end

local function current_token()
  local meta = redis.call('HMGET', META, 'revision', 'chain')
  return (meta[1] or '0') .. '-' .. (meta[2] or '0')
end

local function remember(answer)
  redis.call('HSET', REQUEST, 'fingerprint', FINGERPRINT, 'answer', answer)
  redis.call('EXPIRE', REQUEST, REMEMBER_SECONDS)
  return answer
end

-- Ends a write: moves the revision on, logs the change, rings, remembers the answer.
-- kind and payload are the change; result is what the caller is told besides the token.
local function commit(kind, payload, result)
  local revision = next_revision()
  local before = redis.call('HGET', META, 'chain') or '0'
  local chain = string.sub(redis.sha1hex(before .. ' ' .. revision .. ' ' .. kind .. ' ' .. payload), 1, 16)
  redis.call('HSET', META, 'revision', revision, 'chain', chain)
  redis.call('XADD', LOG, 'MAXLEN', '~', LOG_LENGTH, revision .. '-0',
    'before', before, 'chain', chain, 'kind', kind, 'payload', payload)
  local token = revision .. '-' .. chain
  redis.call('PUBLISH', 'gg:rule:notices', token .. ' ' .. CORP)
  return remember(cjson.encode({token = token, result = result}))
end

-- Bindings of a rule are summed up as "<number of groups>;<chunk>,<chunk>".
local function read_summary(summary)
  if not summary then return 0, {} end
  local count, list = string.match(summary, '^(%d+);(.*)$')
  local chunks = {}
  for chunk in string.gmatch(list, '%d+') do chunks[chunk] = true end
  return tonumber(count), chunks
end

local function write_summary(count, chunks)
  local list = {}
  for chunk in pairs(chunks) do list[#list + 1] = chunk end
  table.sort(list, function(a, b) return tonumber(a) < tonumber(b) end)
  return count .. ';' .. table.concat(list, ',')
end
