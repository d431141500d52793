import { inject } from 'vitest'

/**
 * Where services tests find a registry: the stack that the global set-up started, or FEEDLOOP_REGISTRY_URL.
 * Throws when there is none: a services test that does nothing must not look like one that passed.
 */
export function registryAddress(): string {
  const provided = (inject as (key: string) => unknown)('stack') as { registryUrl: string } | null | undefined
  const address = provided?.registryUrl ?? process.env['FEEDLOOP_REGISTRY_URL']
  if (address === undefined)
    throw new Error('no schema registry: start the stack or set FEEDLOOP_REGISTRY_URL')
  return address
}
