export { registerDatasetCommands } from './commands.ts'
