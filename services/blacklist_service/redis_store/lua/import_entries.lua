-- Takes a part of an import: puts customers on a list, in order, as far as there is room, and keeps the import's account.
--
-- KEYS[9] the account: list, next, added, already, refused   KEYS[10…] the bucket of each customer
-- ARGV[5] most customers on the list   ARGV[6] place of the part's first item in the import
-- ARGV[7] digests, one behind the other   ARGV[8] the entry of items without one of their own, or ''
-- ARGV[9] number of items   ARGV[10] number of origins   ARGV[11] number of entries
-- ARGV[12…] customers, '' for an item that is refused for what it is; then id and json of each origin; then the place in the part,
-- from 0, and the entry of each item that has one of its own
-- Answers {…account, full = true if the next item found no room, due = buckets with expired entries}. A part that was taken before
-- is not taken again: the account says where it goes on.
local KEEP_SECONDS = 604800 -- how long an import can be gone on with
local CUSTOMERS = 12

local account = redis.call('HMGET', KEYS[9], 'list', 'next', 'added', 'already', 'refused')
if account[1] and account[1] ~= LIST then return refuse('IMPORT_LIST', {list = account[1]}) end
local begun, added = tonumber(account[2] or '0'), tonumber(account[3] or '0')
local already, refused = tonumber(account[4] or '0'), tonumber(account[5] or '0')
local first, items = tonumber(ARGV[6]), tonumber(ARGV[9])
if items > 0 and first > begun then return refuse('IMPORT_GAP', {next = begun}) end

local origins_at = CUSTOMERS + items
local entries_at = origins_at + 2 * tonumber(ARGV[10])
local own = {}
for index = 0, tonumber(ARGV[11]) - 1 do
  own[tonumber(ARGV[entries_at + 2 * index])] = ARGV[entries_at + 2 * index + 1]
end

local most, count = tonumber(ARGV[5]), count_now()
local room, full = most - count, false
local digests, uses, released, more = {}, {}, {}, 0
local usual, usual_uses, usual_expires = ARGV[8], 0, expiry_of(ARGV[8]) ~= nil
local from = math.max(begun - first, 0)
local item = from
while item < items do
  local customer = ARGV[CUSTOMERS + item]
  if customer == '' then
    refused = refused + 1
  else
    local bucket, entry = KEYS[10 + item], own[item] or usual
    local fresh = room > more and redis.call('HSETNX', bucket, customer, entry) == 1
    local known = not fresh and redis.call('HGET', bucket, customer)
    if fresh then
      more = more + 1
    elseif known and expired(known) then
      redis.call('HSET', bucket, customer, entry)
      count_in(released, origin_of(known))
      fresh = true
    elseif not known then
      full = true
      break
    end
    if not fresh then
      already = already + 1
    else
      added = added + 1
      digests[#digests + 1] = string.sub(ARGV[7], item * DIGEST + 1, (item + 1) * DIGEST)
      if own[item] then
        count_in(uses, origin_of(entry))
        note_expiry(bucket, entry)
      else
        usual_uses = usual_uses + 1
        if usual_expires then note_expiry(bucket, entry) end
      end
    end
  end
  item = item + 1
end

if usual_uses > 0 then uses[origin_of(usual)] = (uses[origin_of(usual)] or 0) + usual_uses end
for index = origins_at, entries_at - 1, 2 do use(ARGV[index], ARGV[index + 1], uses[ARGV[index]] or 0) end
release(released)
count = move_count(more)
commit(table.concat(digests), 0)
local next = begun + math.max(item - from, 0)
redis.call('HSET', KEYS[9], 'list', LIST, 'next', next, 'added', added, 'already', already, 'refused', refused)
redis.call('EXPIRE', KEYS[9], KEEP_SECONDS)
local token, due = state()
return cjson.encode({
  begun = begun, next = next, added = added, already = already, refused = refused, count = count, limit = most, token = token,
  publish = due, full = full, due = full and due_buckets() or {}
})
