export { feedSchema, type FeedConfig, type FeedInput } from './feed.ts'
export { registerLoopCommands } from './commands.ts'
