-- What every write of RuleService begins and ends with, besides its request_id (KEYS[1], ARGV[1]).
--
-- KEYS[2] meta: hash of revision, chain, ordinals, settings, limit:<name>   KEYS[3] log: stream of changes   ARGV[2] corp_id

local META, LOG, CORP = KEYS[2], KEYS[3], ARGV[2]

local LOG_LENGTH = 1000 -- revisions a follower may be behind before it starts anew

local function next_revision()
  return tonumber(redis.call('HGET', META, 'revision') or '0') + 1
end

-- Returns the limit that holds in the corp: its own one, but never more than groupguard's.
local function own_limit(name, most)
  return math.min(tonumber(redis.call('HGET', META, 'limit:' .. name) or most), most)
end

-- Ends a write that changes nothing.
local function keep(result)
  local meta = redis.call('HMGET', META, 'revision', 'chain')
  return remember({token = (meta[1] or '0') .. '-' .. (meta[2] or '0'), result = result})
end

-- Ends a write: moves the revision on, logs the changes, rings, remembers the answer.
-- changes are pairs of kind and payload; result is what the caller is told besides the token.
local function commit(changes, result)
  local revision = next_revision()
  local before = redis.call('HGET', META, 'chain') or '0'
  local text, fields = before .. ' ' .. revision, {}
  for index, change in ipairs(changes) do
    text = text .. ' ' .. change[1] .. ' ' .. change[2]
    fields[#fields + 1] = 'kind' .. index
    fields[#fields + 1] = change[1]
    fields[#fields + 1] = 'payload' .. index
    fields[#fields + 1] = change[2]
  end
  local chain = string.sub(redis.sha1hex(text), 1, 16)
  redis.call('HSET', META, 'revision', revision, 'chain', chain)
  redis.call('XADD', LOG, 'MAXLEN', '~', LOG_LENGTH, revision .. '-0', 'before', before, 'chain', chain, unpack(fields))
  local token = revision .. '-' .. chain
  redis.call('PUBLISH', 'gg:rule:notices', token .. ' ' .. CORP)
  return remember({token = token, result = result})
end

-- Bindings of a rule are summed up as "<number of groups>;<chunk>,<chunk>".
local function read_summary(summary)
  if not summary then return 0, {} end
  local count, list = string.match(summary, '^(%d+);(.*)$')
  local chunks = {}
  for chunk in string.gmatch(list, '%d+') do chunks[chunk] = true end
  return tonumber(count), chunks
end

local function write_summary(key, rule_id, count, chunks)
  local list = {}
  for chunk in pairs(chunks) do list[#list + 1] = chunk end
  table.sort(list, function(a, b) return tonumber(a) < tonumber(b) end)
  if count > 0 then
    redis.call('HSET', key, rule_id, count .. ';' .. table.concat(list, ','))
  else
    redis.call('HDEL', key, rule_id)
  end
end

-- Puts a chunk that was made in the scratch key in its place; returns whether any group is left in it.
local function place_chunk(scratch, bitmap)
  if redis.call('BITCOUNT', scratch) > 0 then
    redis.call('RENAME', scratch, bitmap)
    return true
  end
  redis.call('DEL', bitmap)
end

-- Returns whether the registry says of some groups what a plan was made on: the SHA-1 over their records.
local function still_says(groups, chat_ids, digest)
  local said = {}
  for index, chat_id in ipairs(chat_ids) do said[index] = redis.call('HGET', groups, chat_id) or '' end
  return redis.sha1hex(table.concat(said, '\n')) == digest
end
