local function refuse(code, details)
  return redis.error_reply('GG:' .. code .. ' ' .. cjson.encode(details))
end
