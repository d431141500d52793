export { registerEvaluateCommands } from './commands.ts'
