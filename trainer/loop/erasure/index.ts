export { registerEraseCommands } from './commands.ts'
