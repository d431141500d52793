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

/**
 * One stack for all service tests (process-test-stack.ts). When it cannot be had, tests skip and say why; with
 * REQUIRE_SERVICES=1 the run fails instead.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const { addresses, close } = await openTestStack(interrupted.signal, say)
    project.provide('stack', addresses)
    project.provide('stackMissing', '')
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
    project.provide('stack', null)
    project.provide('stackMissing', reason)
    return () => Promise.resolve()
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function say(line: string): void {
  process.stderr.write(`stack: ${line}\n`)
}
