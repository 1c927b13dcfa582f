-- Counts messages, and remembers what came of them.
-- KEYS[1], KEYS[2] who may have strikes, by time and by name; then those that the messages name by place
-- ARGV[1] msgpack {now, revision, rules, limits, messages}
--   rule: {id, revision, shadow, kicks, warnings, action, text, blacklist}; flags are 0 or 1, warnings -1 for none
--   limits: for rules that count together a list of {window, most, rule by place}
--   message: {ms, name, outcome key or 0, listed, owner, `chat:sender`, `sender:chat`, strikes key, shadow strikes key,
--             rules hit by place, logs, shown}
--   log: {key, limits by place, 1 for frequency or 2 for repeats}
-- ARGV[2] msgpack {reach of logs, a day, time to keep strikes, most in a log, most strikes}, times in ms
-- Answers a msgpack list: for each message {0, counts in the order of its logs' limits, {{rule by place, strikes}, …}}, or
--   {1, {revision, listed, owner, shown, {{id, revision, shadow, warnings, action, text, blacklist, frequency, repeats, strikes}, …}}}
--   for one whose outcome was known.
local now, revision, rules, limits, messages = unpack(cmsgpack.unpack(ARGV[1]))
local reach, day, keep, most_in_log, most_strikes = unpack(cmsgpack.unpack(ARGV[2]))

local few = 64 -- what is too old stays in a set of so many: looking for it costs more than it takes

local function capped(key, size, most)
  if size > most then redis.call('ZREMRANGEBYRANK', key, 0, size - most - 1) end
end

-- Logs a message and notes in `hits` the rules for which there are too many, with how many.
local function count(log, ms, hits, counts)
  local key, kind = KEYS[log[1]], log[3]
  if redis.call('ZADD', key, 'NX', ms, ms) == 0 then
    redis.call('ZADD', key, ms, ms .. '.' .. redis.call('ZCOUNT', key, ms, ms))
  end
  redis.call('PEXPIRE', key, reach)
  local size = redis.call('ZCARD', key)
  if size > few then
    size = size - redis.call('ZREMRANGEBYSCORE', key, '-inf', now - reach)
    capped(key, size, most_in_log)
  end
  local known = {}
  for _, limit in ipairs(limits[log[2]]) do
    local window, most, rule = unpack(limit)
    known[window] = known[window] or redis.call('ZCOUNT', key, '(' .. (ms - window), ms)
    counts[#counts + 1] = known[window]
    if known[window] > most then
      hits[rule] = hits[rule] or {0, 0, 0}
      hits[rule][kind] = known[window]
    end
  end
end

local function members_of(rule, members)
  local found, start = {}, rule[1] .. ' '
  for _, member in ipairs(members) do
    if string.sub(member, 1, #start) == start then found[#found + 1] = member end
  end
  return found
end

local function forget(key, rule)
  local members = members_of(rule, redis.call('ZRANGE', key, 0, -1))
  if #members > 0 then redis.call('ZREM', key, unpack(members)) end
end

-- Adds a strike and returns how many there are.
local function strike(key, rule, message)
  local ms = message[1]
  redis.call('ZADD', key, ms, rule[1] .. ' ' .. message[2])
  redis.call('PEXPIRE', key, keep)
  local members = redis.call('ZRANGEBYSCORE', key, '(' .. (ms - day), ms)
  if #members > few then capped(key, redis.call('ZCARD', key), most_strikes) end
  return #members_of(rule, members)
end

local function unlist(person, turned)
  redis.call('ZREM', KEYS[1], person)
  redis.call('ZREM', KEYS[2], 'c:' .. person, 's:' .. turned)
end

local function list(person, turned)
  redis.call('ZADD', KEYS[1], now, person)
  redis.call('ZADD', KEYS[2], 0, 'c:' .. person, 0, 's:' .. turned)
end

-- Forgets who has had no strike for long; once a call suffices.
local function keep_list()
  redis.call('PEXPIRE', KEYS[1], keep)
  redis.call('PEXPIRE', KEYS[2], keep)
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - keep, 'LIMIT', 0, 2 * #messages)) do
    local chat, sender = string.match(old, '(.*):(.*)')
    unlist(old, sender .. ':' .. chat)
  end
end

-- Counts the strikes of the rules hit; returns whether the sender is kicked and whether any were counted.
local function strike_all(message, hits, order)
  local strikes, shadow = KEYS[message[8]], KEYS[message[9]]
  local kicked, struck = message[4] > 0, false
  for _, place in ipairs(order) do
    local rule = rules[place]
    local is_shadow, out = rule[3] == 1, rule[4] == 1
    if rule[5] >= 0 then
      struck = true
      hits[place][3] = strike(is_shadow and shadow or strikes, rule, message)
      out = hits[place][3] > rule[5]
      if out or not is_shadow then forget(shadow, rule) end
    end
    kicked = kicked or (out and not is_shadow)
  end
  return kicked, struck
end

local listed = false

local function judge(message)
  local hits, order, counts = {}, {}, {}
  for _, rule in ipairs(message[10]) do hits[rule] = {0, 0, 0} end
  for _, log in ipairs(message[11]) do count(log, message[1], hits, counts) end
  for rule in pairs(hits) do order[#order + 1] = rule end
  table.sort(order)
  local kicked, struck = strike_all(message, hits, order)
  if kicked then
    redis.call('DEL', KEYS[message[8]], KEYS[message[9]])
    unlist(message[6], message[7])
  elseif struck then
    list(message[6], message[7])
    listed = true
  end
  local strikes, claims = {}, {}
  for _, place in ipairs(order) do
    local rule, hit = rules[place], hits[place]
    if rule[5] >= 0 then strikes[#strikes + 1] = {place, hit[3]} end
    claims[#claims + 1] =
      {rule[1], rule[2], rule[3], rule[5], rule[6], rule[7], rule[8], hit[1], hit[2], hit[3]}
  end
  if message[3] > 0 then
    local outcome = cmsgpack.pack({revision, message[4], message[5], message[12], claims})
    redis.call('SET', KEYS[message[3]], outcome, 'PX', day)
  end
  return {0, counts, strikes}
end

local answers = {}
for index, message in ipairs(messages) do
  local known = message[3] > 0 and redis.call('GET', KEYS[message[3]])
  answers[index] = known and {1, cmsgpack.unpack(known)} or judge(message)
end
if listed then keep_list() end
return cmsgpack.pack(answers)
