export { feedSchema, type FeedConfig, type FeedInput } from './feed.ts'
export { registerLoopCommands } from './commands.ts'
export { startFolder } from './init/fs-start-folder.ts'
