import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { StateUnreadableError } from './errors.ts'
import { isSameProcess } from './process-identity.ts'
import { SERVICE_NAMES, type ServiceName } from './stack-services.ts'
import { emptyState, formatState, parseState, type RecordedProcess, type StackState } from './state.ts'

const stateFile = (dir: string): string => path.join(dir, 'state.json')

/** False where no stack was ever started. */
export async function isStackDir(dir: string): Promise<boolean> {
  return (await stat(dir).catch(() => undefined))?.isDirectory() ?? false
}

/** An absent file is an empty state. Throws StateUnreadableError. */
export async function readState(dir: string): Promise<StackState> {
  let text: string
  try {
    text = await readFile(stateFile(dir), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyState()
    throw error
  }
  try {
    return parseState(text)
  } catch (error) {
    throw new StateUnreadableError(stateFile(dir), error)
  }
}

/** The state without the processes that are gone, or whose number another process has got since. */
export async function readLiveState(dir: string): Promise<StackState> {
  return withoutDead(await readState(dir))
}

async function withoutDead(state: StackState): Promise<StackState> {
  const live = emptyState()
  for (const service of SERVICE_NAMES) {
    const recorded = state.processes[service]
    if (recorded !== undefined && (await isSameProcess(recorded))) live.processes[service] = recorded
  }
  return live
}

/**
 * state.json of one folder while this process holds its lock. Kept in memory, because two services start at once;
 * every change is on disk before the call returns.
 */
export async function openState(dir: string): Promise<StateFile> {
  await mkdir(dir, { recursive: true })
  const before = await readState(dir)
  const state = await withoutDead(before)
  let written = Promise.resolve()
  const write = (): Promise<void> => {
    const text = formatState(state)
    written = written.then(() => replaceFile(stateFile(dir), text))
    return written
  }
  return {
    get: (service) => state.processes[service],
    previousPort: (service) =>
      Object.keys(state.processes).length > 0 ? before.processes[service]?.port : undefined,
    set(service, recorded) {
      state.processes[service] = recorded
      return write()
    },
    async remove(service) {
      delete state.processes[service]
      if (Object.keys(state.processes).length > 0) return write()
      await written
      await rm(stateFile(dir), { force: true })
    },
  }
}

export interface StateFile {
  get(service: ServiceName): RecordedProcess | undefined
  /** Where the service was when this call began, if others of the stack still run and count on it. */
  previousPort(service: ServiceName): number | undefined
  set(service: ServiceName, recorded: RecordedProcess): Promise<void>
  remove(service: ServiceName): Promise<void>
}

async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`
  await writeFile(fresh, text)
  await rename(fresh, file)
}
