import path from 'node:path'
import { removeKeptState } from './fs-clean.ts'
import { withLock } from './fs-lock.ts'
import { isStackDir, openState, type StateFile } from './fs-state.ts'
import { lockFileOf } from './layout.ts'
import { stopService } from './process-service.ts'
import type { StackProgress } from './progress.ts'
import { STOP_ORDER, type ServiceName } from './stack-services.ts'

export interface StackDownOptions {
  dir: string
  /** Only these; default all. */
  services?: readonly ServiceName[]
  /** Forget records, states and schemas too. Only sensible without `services`. */
  clean?: boolean
  onProgress?: (progress: StackProgress) => void
}

/**
 * Stops the local processes of a folder: registry, Redis, Kafka. Each is asked to end, and killed when it does not.
 * Answers which were stopped. Services that were given by address are never touched. Throws StopFailedError.
 */
export async function stackDown(options: StackDownOptions): Promise<{ stopped: ServiceName[] }> {
  const dir = path.resolve(options.dir)
  const onProgress = options.onProgress ?? (() => undefined)
  const onWait = (pid: number): void => onProgress({ kind: 'waiting', pid })
  const wanted = STOP_ORDER.filter((service) => options.services?.includes(service) ?? true)
  if (!(await isStackDir(dir))) return { stopped: [] }
  return withLock(lockFileOf(dir), { onWait }, async () => {
    const state = await openState(dir)
    const stopped = await stopRecorded(wanted, state, onProgress)
    if (options.clean) await removeKeptState(dir)
    return { stopped }
  })
}

/** Stops these in this order and removes them from the recorded state. The caller must hold the lock. */
export async function stopRecorded(
  services: readonly ServiceName[],
  state: StateFile,
  onProgress: (progress: StackProgress) => void,
): Promise<ServiceName[]> {
  const stopped: ServiceName[] = []
  for (const service of services) {
    const recorded = state.get(service)
    if (recorded !== undefined) {
      onProgress({ kind: 'stopping', service })
      await stopService(service, recorded)
      onProgress({ kind: 'stopped', service })
      stopped.push(service)
    }
    await state.remove(service)
  }
  return stopped
}
