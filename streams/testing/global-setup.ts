import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type { Addresses } from '../contract.ts'
import { policyOf } from '../errors.ts'
import { openTestStack } from './process-test-stack.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The services; null: there are none. */
    stack: Addresses | null
    /** Why there are none. */
    stackMissing: string
  }
}

const install = fileURLToPath(new URL('../setup/install.mjs', import.meta.url))

/**
 * One stack for all service tests of all projects (process-test-stack.ts). When it cannot be had, tests skip and say why; with
 * REQUIRE_SERVICES=1 the run fails instead. What processes of tests run (dist/) is built first: no test has to wait for it.
 */
export async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  // Projects are set up one after the other: what the first one provides is there for all.
  if ('stack' in vitest.getProvidedContext()) return () => Promise.resolve()
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    execFileSync(process.execPath, [install], { stdio: 'inherit' })
    const { addresses, close } = await openTestStack(interrupted.signal, say)
    vitest.provide('stack', addresses)
    vitest.provide('stackMissing', '')
    return close
  } catch (error) {
    if (
      process.env['REQUIRE_SERVICES'] === '1' ||
      policyOf(error) !== 'operator' ||
      interrupted.signal.aborted
    )
      throw error
    const reason = error instanceof Error ? error.message : String(error)
    say(`service tests are skipped: ${reason}`)
    vitest.provide('stack', null)
    vitest.provide('stackMissing', reason)
    return () => Promise.resolve()
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function say(line: string): void {
  process.stderr.write(`stack: ${line}\n`)
}
