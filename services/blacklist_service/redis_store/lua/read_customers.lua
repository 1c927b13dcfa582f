-- Reads who is in some buckets, and nothing else of them: one text, a customer a line (an id holds no line break).
--
-- KEYS[1…] buckets
local lines = {}
for index = 1, #KEYS do
  local customers = redis.call('HKEYS', KEYS[index])
  if #customers > 0 then lines[#lines + 1] = table.concat(customers, '\n') end
end
return table.concat(lines, '\n')
