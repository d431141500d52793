export {
  environmentOf,
  givenAddresses,
  type AddressSettings,
  type Environment,
  type GivenAddress,
} from './addresses.ts'
export { registerStackCommands } from './commands.ts'
export * from './errors.ts'
export { CACHE_DIR_DEFAULT, STACK_DIR_DEFAULT } from './layout.ts'
export { progressLine, type StackProgress } from './progress.ts'
export type { ServiceUp } from './process-start.ts'
export {
  ADDRESS_VARIABLES,
  CACHE_VARIABLE,
  KAFKA_VERSION,
  REGISTRY_VERSION,
  SERVICE_NAMES,
  SERVICE_TITLES,
  type ServiceName,
} from './stack-services.ts'
export { stackDown, type StackDownOptions } from './stack-down.ts'
export { resolveAddresses, stackStatus, type AddressSources, type ServiceStatus } from './stack-status.ts'
export { stackUp, type StackUp, type StackUpOptions } from './stack-up.ts'
