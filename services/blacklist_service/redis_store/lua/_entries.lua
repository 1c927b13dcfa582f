-- What scripts that change entries share.
--
-- KEYS[2] revision   KEYS[3] tail   KEYS[4] header of the published filter   KEYS[5] counts   KEYS[6] origins   KEYS[7] origin-uses
-- KEYS[8] expiries of the list: bucket → when the first of its entries expires, or earlier
-- ARGV[2] corp_id   ARGV[3] the list's field in counts   ARGV[4] µs since 1970
--
-- An entry is <origin id>:<µs since 1970 when it was added>, with :<µs when it expires> behind it if it does.

local REVISION, TAIL, HEADER, COUNTS, ORIGINS, USES, EXPIRIES = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local CORP, LIST, NOW = ARGV[2], ARGV[3], tonumber(ARGV[4])

local DIGEST = 16             -- bytes
local FIRST_CAPACITY = 1000   -- entries that a filter is good for which was never published
local TAIL_RECORDS = 10000    -- records after which a filter is published anew
local DUE_BUCKETS = 100       -- buckets with expired entries that are named at once

local function origin_of(entry) return string.match(entry, '^[^:]+') end

local function expiry_of(entry) return tonumber(string.match(entry, '^[^:]+:%d+:(%d+)$')) end

local function expired(entry)
  local at = expiry_of(entry)
  return at ~= nil and at <= NOW
end

-- Returns the number at the end of a bucket's key.
local function bucket_number(key) return string.match(key, '%d+$') end

local function note_expiry(bucket, entry)
  local at = expiry_of(entry)
  if at then redis.call('ZADD', EXPIRIES, 'LT', at, bucket_number(bucket)) end
end

local function due_buckets()
  return redis.call('ZRANGEBYSCORE', EXPIRIES, '-inf', NOW, 'LIMIT', 0, DUE_BUCKETS)
end

local function count_now() return tonumber(redis.call('HGET', COUNTS, LIST) or '0') end

-- Moves the number of customers on the list; returns it.
local function move_count(by)
  if by == 0 then return count_now() end
  local count = redis.call('HINCRBY', COUNTS, LIST, by)
  if count == 0 then redis.call('HDEL', COUNTS, LIST) end
  return count
end

-- Forgets that so many entries, by origin, name their origins, and origins that nothing names any more.
local function release(released)
  for origin, entries in pairs(released) do
    if redis.call('HINCRBY', USES, origin, -entries) <= 0 then
      redis.call('HDEL', USES, origin)
      redis.call('HDEL', ORIGINS, origin)
    end
  end
end

local function count_in(counter, name) counter[name] = (counter[name] or 0) + 1 end

-- Reads a number that may be missing or damaged.
local function to_number(text, otherwise) return tonumber(text or '') or otherwise end

-- Returns the revision as a token, and whether the filter should be published anew: it is full, a twentieth beyond which it is
-- mistaken by half as often again; or much of what it holds was removed; or its tail is long.
local function state()
  local revision = redis.call('HMGET', REVISION, 'number', 'chain', 'added', 'removed')
  local header = redis.call('HMGET', HEADER, 'entries', 'capacity')
  local entries, capacity = to_number(header[1], 0), to_number(header[2], FIRST_CAPACITY)
  local added, removed = tonumber(revision[3] or '0'), tonumber(revision[4] or '0')
  local due = (entries + added) * 20 > capacity * 21 or (removed >= 100 and removed * 100 >= entries)
    or redis.call('XLEN', TAIL) >= TAIL_RECORDS
  return (revision[1] or '0') .. '-' .. (revision[2] or '0'), due
end

-- Returns what the chain of a corp begins with: 0 where the first record tells of all entries there are. Where others were there
-- before, their history was lost, and nobody must take this one for all.
local function first_chain(added, removed)
  local before = removed - added
  for _, count in ipairs(redis.call('HVALS', COUNTS)) do before = before + tonumber(count) end
  if before <= 0 then return '0' end
  return redis.sha1hex(table.concat(redis.call('TIME'), ' '))
end

-- Moves the revision on and tells followers what was done: digests of what was added, and how many entries went.
local function commit(digests, removed)
  local added = #digests / DIGEST
  if added == 0 and removed == 0 then return end
  local last = redis.call('HMGET', REVISION, 'number', 'chain')
  local number = tonumber(last[1] or '0') + 1
  local text = table.concat({last[2] or first_chain(added, removed), number, removed, digests}, ' ')
  local chain = string.sub(redis.sha1hex(text), 1, 16)
  redis.call('HSET', REVISION, 'number', number, 'chain', chain)
  redis.call('HINCRBY', REVISION, 'added', added)
  redis.call('HINCRBY', REVISION, 'removed', removed)
  local record = {TAIL, number .. '-0', 'chain', chain, 'digests', digests, 'removed', removed}
  local refused = redis.pcall('XADD', unpack(record))
  if type(refused) == 'table' and refused.err then -- it holds records of a history that was lost, with higher numbers
    redis.call('DEL', TAIL)
    redis.call('XADD', unpack(record))
  end
  redis.call('PUBLISH', 'gg:blacklist:notices', number .. ' ' .. CORP)
end

-- Puts an origin's text where its entries find it.
local function use(origin, json, entries)
  if entries == 0 then return end
  redis.call('HSET', ORIGINS, origin, json)
  redis.call('HINCRBY', USES, origin, entries)
end

-- Drops entries of a bucket for which `goes(entry)` is true; returns how many went, and counts their origins in `released`.
local function drop_entries(bucket, goes, released)
  local all, gone, first = redis.call('HGETALL', bucket), {}, nil
  for index = 1, #all, 2 do
    local entry = all[index + 1]
    if goes(entry) then
      gone[#gone + 1] = all[index]
      count_in(released, origin_of(entry))
    else
      local at = expiry_of(entry)
      if at and (first == nil or at < first) then first = at end
    end
  end
  if #gone > 0 then
    for from = 1, #gone, 1000 do
      redis.call('HDEL', bucket, unpack(gone, from, math.min(from + 999, #gone)))
    end
  end
  if first then
    redis.call('ZADD', EXPIRIES, first, bucket_number(bucket))
  else
    redis.call('ZREM', EXPIRIES, bucket_number(bucket))
  end
  return #gone
end
