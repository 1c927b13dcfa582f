-- KEYS for each message: its sender's strikes in its group, the outcome of its message_id
-- ARGV[1] JSON list of messages {ms, unique, kicks, remember, rules = {{rule_id, warnings}, …}}
-- ARGV[2] window in ms   ARGV[3] seconds to remember an outcome
-- Answers a JSON list: for each message an object of rule_id → whether that rule was struck once too often.
local messages, window, remember = cjson.decode(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local function strikes_of(members, rule_id)
  local count = 0
  for _, member in ipairs(members) do
    if string.sub(member, 1, #rule_id + 1) == rule_id .. ' ' then count = count + 1 end
  end
  return count
end

local function judge(key, message)
  local outs, kicks = {}, message.kicks
  for _, rule in ipairs(message.rules) do
    redis.call('ZADD', key, message.ms, rule[1] .. ' ' .. message.unique)
  end
  local members = redis.call('ZRANGEBYSCORE', key, '(' .. (message.ms - window), message.ms)
  for _, rule in ipairs(message.rules) do
    outs[rule[1]] = strikes_of(members, rule[1]) > rule[2]
    kicks = kicks or outs[rule[1]]
  end
  if kicks then
    redis.call('DEL', key)
  else
    redis.call('PEXPIRE', key, window)
  end
  return cjson.encode(outs)
end

local answers = {}
for index, message in ipairs(messages) do
  local known = message.remember and redis.call('GET', KEYS[2 * index])
  if not known then
    known = judge(KEYS[2 * index - 1], message)
    if message.remember then redis.call('SET', KEYS[2 * index], known, 'EX', remember) end
  end
  answers[index] = known
end
return '[' .. table.concat(answers, ',') .. ']'
