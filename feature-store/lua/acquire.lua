-- Takes a partition over: the next epoch, so that every earlier owner is fenced off.
--
-- KEYS[1]  the partition's fence
-- KEYS[2]  which topic of its name the fence is for
-- ARGV[1]  store id to use when there is no fence
-- ARGV[2]  offset to begin at when there is no fence
-- ARGV[3]  offset up to which reads are not ready when there is no fence
-- ARGV[4]  which topic of its name is there now, '-' when nobody can say
-- ARGV[5]  what to do with a fence that is for another one: 'refuse', 'keep', or 'rebuild' (begin from nothing)
-- ARGV[6]  source offsets that count as applied when there is no fence, 'partition:offset,...' or '-'
--
-- Answers the fence as it is now (see FORMAT.md), or 'CHANGED ' and the other topic; nothing is written then. A kept fence
-- forgets its source offsets. An error `FORMAT ...` when what is there is no fence we know.

local text = redis.call('GET', KEYS[1])
local was = redis.call('GET', KEYS[2])
if text and was and ARGV[4] ~= '-' and was ~= ARGV[4] then
  if ARGV[5] == 'rebuild' then
    text = false
  elseif ARGV[5] == 'keep' then
    text = string.gsub(text, '^(1 %S+ %d+ %d+ %d+ %-?%d+ %-?%d+) %S+', '%1 -')
  else
    return 'CHANGED ' .. was
  end
end
if not text then
  text = table.concat({ '1', ARGV[1], '1', ARGV[2], ARGV[3], '-1', '-1', ARGV[6] }, ' ')
else
  local storeId, epoch, rest = string.match(text, '^1 (%S+) (%d+) (.+)$')
  if not storeId then
    return redis.error_reply('FORMAT not a fence: ' .. string.sub(text, 1, 40))
  end
  text = '1 ' .. storeId .. ' ' .. string.format('%d', tonumber(epoch) + 1) .. ' ' .. rest
end
if ARGV[4] ~= '-' then
  redis.call('SET', KEYS[2], ARGV[4])
end
redis.call('SET', KEYS[1], text)
return text
