-- KEYS[1] the batch's token   KEYS[2] message_ids recorded on its day   KEYS[3] those of the day before
-- KEYS[4] the log   KEYS[5] when rules were last hit   KEYS[6] the day's totals   KEYS[7] by rule   KEYS[8] by group
-- KEYS[9…] HyperLogLogs of senders and groups
-- ARGV[1] JSON, see redis_store.py   ARGV[2…] for each record what the log shall hold, empty for nothing
if not redis.call('SET', KEYS[1], '', 'NX', 'EX', 3600) then return 0 end
local batch = cjson.decode(ARGV[1])
local kept = batch.kept

-- A field that does not fit any more is counted with all others that don't.
local function add(key, name, counter, most)
  local field = name .. ' ' .. counter
  if redis.call('HLEN', key) >= most and redis.call('HEXISTS', key, field) == 0 then field = ' ' .. counter end
  redis.call('HINCRBY', key, field, 1)
end

local function is_new(record)
  if record.seen == '' then return true end
  if redis.call('SISMEMBER', KEYS[2], record.seen) == 1 or redis.call('SISMEMBER', KEYS[3], record.seen) == 1 then
    return false
  end
  if redis.call('SCARD', KEYS[2]) < batch.most_seen then redis.call('SADD', KEYS[2], record.seen) end
  return true
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSETNX', KEYS[5], '', string.format('%.0f', now))
local logged = 0
for index, record in ipairs(batch.records) do
  if is_new(record) then
    for _, counter in ipairs(record.totals) do redis.call('HINCRBY', KEYS[6], counter, 1) end
    for _, rule in ipairs(record.rules) do
      for _, counter in ipairs(rule[2]) do add(KEYS[7], rule[1], counter, batch.most_rule_fields) end
      if redis.call('HLEN', KEYS[5]) < batch.most_rules or redis.call('HEXISTS', KEYS[5], rule[1]) == 1 then
        redis.call('HSET', KEYS[5], rule[1], record.ms)
      end
      redis.call('PFADD', KEYS[8 + rule[3]], record.sender)
      redis.call('PFADD', KEYS[9 + rule[3]], record.group)
      redis.call('EXPIRE', KEYS[8 + rule[3]], kept)
      redis.call('EXPIRE', KEYS[9 + rule[3]], kept)
    end
    for _, counter in ipairs(record.group_counters) do
      add(KEYS[8], record.group, counter, batch.most_group_fields)
    end
    if ARGV[1 + index] ~= '' then
      redis.call('XADD', KEYS[4], 'MAXLEN', '~', batch.most_logged, '*', 'd', ARGV[1 + index])
      logged = logged + 1
    end
  end
end
for counter, by in pairs(batch.totals) do redis.call('HINCRBY', KEYS[6], counter, by) end
if logged > 0 then
  redis.call('XTRIM', KEYS[4], 'MINID', string.format('%.0f', now - batch.retention * 1000))
  redis.call('EXPIRE', KEYS[4], batch.retention)
end
redis.call('EXPIRE', KEYS[2], 2 * 86400)
redis.call('EXPIRE', KEYS[5], batch.remember)
for index = 6, 8 do redis.call('EXPIRE', KEYS[index], kept) end
return 1
