import { describe, inject, test } from 'vitest'
import type { Addresses } from '../contract.ts'
import type {} from './global-setup.ts'

/** The services of this test run (global-setup.ts); null: there are none. */
export const stack: Addresses | null = inject('stack')

/**
 * Tests that need Kafka, Redis and the registry. Without them the block is one skipped test whose name says why.
 *
 * @example
 * describeServices('a stage', ({ kafka, redis }) => {
 *   test('...', async () => { ... })
 * })
 */
export function describeServices(name: string, tests: (addresses: Addresses) => void): void {
  const addresses = stack
  if (addresses === null) {
    const reason = inject('stackMissing').split('\n')[0] ?? ''
    describe(name, () => test.skip(`skipped: ${reason}`))
  } else describe(name, () => tests(addresses))
}
