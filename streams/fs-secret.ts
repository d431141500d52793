export { readSecret } from '#schemas'
