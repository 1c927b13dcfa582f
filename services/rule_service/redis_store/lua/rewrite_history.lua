-- Puts other entries in the place of a rule's history, with the same ids, unless it changed since it was read.
--
-- KEYS[1] history: stream with ids <revision>-0
-- ARGV[1…] id, edit and state of each entry; the state is empty where there is none
-- Answers 1, or 0 if the history is another.
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not first or first[1] ~= ARGV[1] or last[1] ~= ARGV[#ARGV - 2] then return 0 end

local left = redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
for index = 1, #ARGV, 3 do
  local id, edit, state = ARGV[index], ARGV[index + 1], ARGV[index + 2]
  if state == '' then
    redis.call('XADD', KEYS[1], id, 'edit', edit)
  else
    redis.call('XADD', KEYS[1], id, 'edit', edit, 'state', state)
  end
end
if left > 0 then redis.call('PEXPIRE', KEYS[1], left) end
return 1
