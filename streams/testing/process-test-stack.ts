import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Addresses } from '../contract.ts'
import { CACHE_DIR_DEFAULT } from '../stack/layout.ts'
import { progressLine } from '../stack/progress.ts'
import { stackDown } from '../stack/stack-down.ts'
import { CACHE_VARIABLE } from '../stack/stack-services.ts'
import { stackUp } from '../stack/stack-up.ts'
import { startStackGuard } from './process-stack-guard.ts'

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

export interface TestStack {
  addresses: Addresses
  /** Stops what was started. */
  close(): Promise<void>
}

/**
 * The services that the environment names, else an own stack in a temporary folder on free ports, gone afterwards,
 * however this process ends. `measured`: see StackUpOptions.
 *
 * @throws what `stackUp` throws; nothing is left behind then
 */
export async function openTestStack(
  signal: AbortSignal,
  say: (line: string) => void,
  { measured = false } = {},
): Promise<TestStack> {
  const dir = await mkdtemp(path.join(tmpdir(), 'feedloop-test-stack-'))
  const guard = startStackGuard(dir, projectRoot)
  const close = async (): Promise<void> => {
    await stackDown({ dir })
    await rm(dir, { recursive: true, force: true })
    await guard.dismiss()
  }
  try {
    const cacheDir = process.env[CACHE_VARIABLE] || path.join(projectRoot, CACHE_DIR_DEFAULT)
    const { addresses } = await stackUp({
      dir,
      cacheDir,
      env: process.env,
      anyPorts: true,
      measured,
      signal,
      onProgress: (progress) => {
        if (progress.kind !== 'fetching' || progress.file === null) say(progressLine(progress))
      },
    })
    return { addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}
