-- Removes the state of an erased user or item, unless the fold is past its erasure: then the fold has removed it, and what is
-- there came afterwards.
--
-- KEYS[1]  the partition's fence
-- KEYS[2]  the state
-- ARGV[1]  first offset that the erasure leaves alone
--
-- Answers 1 removed, 0 nothing was there, -1 what is there came afterwards.

local text = redis.call('GET', KEYS[1])
local nextOffset = text and string.match(text, '^1 %S+ %d+ (%d+) ')
if nextOffset and tonumber(nextOffset) >= tonumber(ARGV[1]) then
  return -redis.call('EXISTS', KEYS[2])
end
return redis.call('DEL', KEYS[2])
