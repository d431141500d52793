-- Removes a state that was found to be expired, unless it was written since.
--
-- KEYS[1]  the state
-- ARGV[1]  its first bytes, as they were found
--
-- Answers 1 removed, 0 it is another one by now.

if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
