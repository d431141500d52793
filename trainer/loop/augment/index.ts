export { registerAugmentCommand } from './commands.ts'
