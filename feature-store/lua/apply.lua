-- Writes a batch of states and moves the partition's offset, together or not at all.
--
-- KEYS[1]              the partition's fence
-- KEYS[2 .. 1+writes]  states to write, and what the partition keeps beside them
-- KEYS[2+writes ..]    states to delete
-- ARGV[1]  store id      ARGV[2]  epoch
-- ARGV[3]  offset where the owner believes the fence to stand
-- ARGV[4]  offset where it will stand
-- ARGV[5]  newest event time of the batch, -1 none
-- ARGV[6]  wall clock
-- ARGV[7]  highest source offsets, 'partition:offset,...' for all source partitions, or '-' to leave them
-- ARGV[8]  number of states to write
-- ARGV[9]  event time before which every entity is over, -1 none
-- ARGV[10 ..]  their values
--
-- Answers { 'APPLIED' } | { 'STALE', next } | { 'GAP', next } | { 'FENCED' } | { 'LOST' }; only APPLIED wrote.
-- Some states with each MSET: a call from Lua costs more than a write, and unpack fails near 8,000 values.

local AT_ONCE = 100

local text = redis.call('GET', KEYS[1])
if not text then
  return { 'LOST' }
end
local storeId, epoch, nextOffset, rebuildUntil, streamTime, highs, horizon =
  string.match(text, '^1 (%S+) (%d+) (%d+) (%d+) (%-?%d+) %-?%d+ (%S+)( ?%d*)$')
if not storeId then
  return redis.error_reply('FORMAT not a fence: ' .. string.sub(text, 1, 40))
end
if storeId ~= ARGV[1] then
  return { 'LOST' }
end
if epoch ~= ARGV[2] then
  return { 'FENCED' }
end
if nextOffset ~= ARGV[3] then
  if tonumber(nextOffset) < tonumber(ARGV[3]) then
    return { 'GAP', nextOffset }
  end
  return { 'STALE', nextOffset }
end

local writes = tonumber(ARGV[8])
for first = 1, writes, AT_ONCE do
  local words = {}
  for i = first, math.min(first + AT_ONCE - 1, writes) do
    words[#words + 1] = KEYS[1 + i]
    words[#words + 1] = ARGV[9 + i]
  end
  redis.call('MSET', unpack(words))
end
for i = 2 + writes, #KEYS do
  redis.call('DEL', KEYS[i])
end
if tonumber(ARGV[5]) > tonumber(streamTime) then
  streamTime = ARGV[5]
end
if ARGV[7] ~= '-' then
  highs = ARGV[7]
end
if tonumber(ARGV[9]) >= 0 then
  horizon = ' ' .. ARGV[9]
end
local fence = table.concat({ '1', storeId, epoch, ARGV[4], rebuildUntil, streamTime, ARGV[6], highs }, ' ')
redis.call('SET', KEYS[1], fence .. horizon)
return { 'APPLIED' }
