import { inject } from 'vitest'
import type { RegistryAddress } from '../registry-access.ts'

/**
 * Where services tests find a registry: the stack that the global set-up started, or FEEDLOOP_REGISTRY_URL.
 * Throws when there is none: a services test that does nothing must not look like one that passed.
 */
export function registryAddress(): RegistryAddress {
  const provided = (inject as (key: string) => unknown)('stack') as
    { registry: RegistryAddress } | null | undefined
  const url = provided?.registry.url ?? process.env['FEEDLOOP_REGISTRY_URL']
  if (url === undefined) throw new Error('no schema registry: start the stack or set FEEDLOOP_REGISTRY_URL')
  return { url }
}
