-- What every write of a rule's content notes in the rule's history: a stream with ids <revision>-0.

local DELETED_SECONDS = 30 * 24 * 3600 -- how long the history of a deleted rule stays

-- Notes a change that the write which is about to commit makes; most is how many changes are kept.
-- edit is JSON; state is the rule after the change, compressed, nil if there is none any more.
local function note(history, most, edit, state)
  local id = next_revision() .. '-0'
  if state then
    redis.call('XADD', history, 'MAXLEN', '=', most, id, 'edit', edit, 'state', state)
    redis.call('PERSIST', history)
  else
    redis.call('XADD', history, 'MAXLEN', '=', most, id, 'edit', edit)
    redis.call('EXPIRE', history, DELETED_SECONDS)
  end
end
