-- Replaces a text that is still the one that was read.
--
-- KEYS[1]  the text
-- ARGV[1]  what was read, '' for nothing
-- ARGV[2]  what is to be there, '' for nothing
--
-- Answers 1, or 0 when something else is there now; nothing is written then.

local text = redis.call('GET', KEYS[1]) or ''
if text ~= ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1
