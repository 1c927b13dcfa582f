-- What makes a write safe to repeat; put before every script.
--
-- KEYS[1] record of the request_id   ARGV[1] fingerprint of the request's body

local REMEMBER_SECONDS = 3600 -- how long a request_id is known

local function refuse(code, details)
  return redis.error_reply('GG:' .. code .. ' ' .. cjson.encode(details or {}))
end

-- Returns the answer to give without doing anything: the first call's, or a refusal. Nil for a new request.
local function answered()
  local record = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer')
  if not record[1] then return nil end
  if record[1] ~= ARGV[1] then return refuse('REQUEST_ID_REUSED') end
  return record[2]
end

-- Ends a write: the answer is given again to whoever repeats the request.
local function remember(answer)
  answer = cjson.encode(answer)
  redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'answer', answer)
  redis.call('EXPIRE', KEYS[1], REMEMBER_SECONDS)
  return answer
end
