-- Takes what a source put on a list out of some buckets. It may be repeated at will.
--
-- KEYS[9…] buckets   ARGV[5] what the ids of the source's origins begin with
-- Answers {entries taken out, token, 1 if the filter should be published anew}.
local released, removed = {}, 0
local function of_source(entry) return string.sub(entry, 1, #ARGV[5]) == ARGV[5] end
for index = 9, #KEYS do removed = removed + drop_entries(KEYS[index], of_source, released) end
release(released)
move_count(-removed)
commit('', removed)
local token, due = state()
return {removed, token, due and 1 or 0}
