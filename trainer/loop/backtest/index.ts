export { registerBacktestCommands } from './commands.ts'
