import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type { Addresses } from '../contract.ts'
import { policyOf } from '../errors.ts'
import { CACHE_DIR_DEFAULT } from '../stack/layout.ts'
import { CACHE_VARIABLE } from '../stack/stack-services.ts'
import { progressLine } from '../stack/progress.ts'
import { stackDown } from '../stack/stack-down.ts'
import { stackUp } from '../stack/stack-up.ts'
import { startStackGuard, type StackGuard } from './process-stack-guard.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The services; null: there are none. */
    stack: Addresses | null
    /** Why there are none. */
    stackMissing: string
  }
}

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * One stack for all service tests: the services that the environment names, else an own one in a temporary folder on
 * free ports, gone afterwards, however the run ends. When it cannot be had, tests skip and say why; with
 * REQUIRE_SERVICES=1 the run fails instead.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(path.join(tmpdir(), 'feedloop-test-stack-'))
  const guard = startStackGuard(dir, projectRoot)
  const teardown = (): Promise<void> => tearDown(dir, guard)
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const cacheDir = process.env[CACHE_VARIABLE] || path.join(projectRoot, CACHE_DIR_DEFAULT)
    const { addresses } = await stackUp({
      dir,
      cacheDir,
      env: process.env,
      anyPorts: true,
      signal: interrupted.signal,
      onProgress: (progress) => {
        if (progress.kind !== 'fetching' || progress.file === null) say(progressLine(progress))
      },
    })
    project.provide('stack', addresses)
    project.provide('stackMissing', '')
    return teardown
  } catch (error) {
    await teardown()
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

async function tearDown(dir: string, guard: StackGuard): Promise<void> {
  await stackDown({ dir })
  await rm(dir, { recursive: true, force: true })
  await guard.dismiss()
}

function say(line: string): void {
  process.stderr.write(`stack: ${line}\n`)
}
