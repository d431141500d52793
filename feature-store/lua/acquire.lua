-- Takes a partition over: the next epoch, so that every earlier owner is fenced off.
--
-- KEYS[1]  the partition's fence
-- ARGV[1]  store id to use when there is no fence
-- ARGV[2]  offset to begin at when there is no fence
-- ARGV[3]  offset up to which reads are not ready when there is no fence
--
-- Answers the fence as it is now (see FORMAT.md). An error `FORMAT ...` when what is there is no fence we know.

local text = redis.call('GET', KEYS[1])
if not text then
  text = table.concat({ '1', ARGV[1], '1', ARGV[2], ARGV[3], '-1', '-1', '-' }, ' ')
else
  local storeId, epoch, rest = string.match(text, '^1 (%S+) (%d+) (.+)$')
  if not storeId then
    return redis.error_reply('FORMAT not a fence: ' .. string.sub(text, 1, 40))
  end
  text = '1 ' .. storeId .. ' ' .. string.format('%d', tonumber(epoch) + 1) .. ' ' .. rest
end
redis.call('SET', KEYS[1], text)
return text
