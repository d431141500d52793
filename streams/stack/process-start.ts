import type { Environment } from './addresses.ts'
import { NotReadyError, ProcessDiedError } from './errors.ts'
import type { StateFile } from './fs-state.ts'
import type { Launch } from './launch.ts'
import { logFileOf } from './layout.ts'
import { choosePort } from './port-choice.ts'
import { isSameProcess } from './process-identity.ts'
import { portProbe } from './process-ports.ts'
import { logTailOf, startService, stopService, type StartedService } from './process-service.ts'
import { pollUntil, WaitLimitError } from './process-wait.ts'
import type { StackProgress } from './progress.ts'
import { stopRecorded } from './stack-down.ts'
import type { ServiceName } from './stack-services.ts'
import type { RecordedProcess } from './state.ts'

const READY_LIMIT_MS = 90_000
/** For a service that was ready before: longer than the registry takes to notice that its Kafka is back. */
const STILL_READY_LIMIT_MS = 20_000
const POLL_MS = 100
/** A port may be taken between our check and the moment the service binds it; then another one is tried. */
const PORT_TRIES_MAX = 3

/** How one service is started; the rest is the same for all three. */
export interface ServicePlan {
  service: ServiceName
  askedPort: number | undefined
  preferredPorts: number[]
  /** Its working directory. */
  folder: string
  /** Whether it asks who you are. */
  secure: boolean
  addressOf(port: number): string
  /** Writes what the service reads at its start. `ports` gives further ports (the broker's controller). */
  prepare(port: number, ports: PortGiver): Promise<PreparedService>
  /** One try of a real client request; throws what is not there yet. */
  check(address: string, identity: string): Promise<void>
}

export interface PreparedService {
  launch: Launch
  /** What marks its answers as ours; a function when it is known only once the process runs. */
  identity: string | ((pid: number) => string)
  /** An address whose change means a restart. */
  dependsOn: string | null
}

export type PortGiver = (preferred: number[]) => Promise<number>

/** What the starts of one `stack up` share. */
export interface StartContext {
  dir: string
  env: Environment
  state: StateFile
  signal: AbortSignal
  /** Ports promised in this start; grows. */
  promised: Set<number>
  onProgress: (progress: StackProgress) => void
  /** Told as soon as a process exists, so that a failure can stop it again. */
  onStarted: (service: ServiceName) => void
}

export interface ServiceUp {
  address: string
  origin: 'given' | 'started' | 'reused'
  pid: number | null
}

/**
 * Keeps a running process that is the one wanted and answers; otherwise stops it and starts a new one.
 * Throws as startAndWait does.
 */
export async function reuseOrStart(
  plan: ServicePlan,
  dependsOn: string | null,
  context: StartContext,
): Promise<ServiceUp> {
  const { service } = plan
  const recorded = context.state.get(service)
  if (recorded !== undefined) {
    const suits =
      recorded.dependsOn === dependsOn &&
      recorded.secure === plan.secure &&
      (plan.askedPort ?? recorded.port) === recorded.port
    if (suits && (await isStillReady(plan, recorded, context.signal))) {
      await context.state.set(service, { ...recorded, readyAtMs: recorded.readyAtMs ?? Date.now() })
      context.onProgress({ kind: 'reused', service, address: recorded.address })
      return { address: recorded.address, origin: 'reused', pid: recorded.pid }
    }
    await stopRecorded([service], context.state, context.onProgress)
  }
  const { address, pid } = await startAndWait(plan, context)
  return { address, origin: 'started', pid }
}

/** True when the recorded process answers as ours does. A process that hangs, or answers for another, does not. */
async function isStillReady(
  plan: ServicePlan,
  recorded: RecordedProcess,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await pollUntil(() => plan.check(recorded.address, recorded.identity), {
      everyMs: POLL_MS,
      limitMs: recorded.readyAtMs === null ? READY_LIMIT_MS : STILL_READY_LIMIT_MS,
      signal,
      stillWorthIt: async () => {
        if (!(await isSameProcess(recorded))) throw new WaitLimitError(0, new Error('it ended'))
      },
    })
    return true
  } catch (error) {
    if (error instanceof WaitLimitError) return false
    throw error
  }
}

/**
 * Starts the service on a port, records it, and returns once it answers. Throws PortTakenError, ProcessDiedError,
 * NotReadyError, or the signal's reason; what it had started is then still recorded.
 */
async function startAndWait(plan: ServicePlan, context: StartContext): Promise<RecordedProcess> {
  for (let tries = 1; ; tries++) {
    const port = await promisePort(plan, context)
    const further = new Set<number>()
    const prepared = await plan.prepare(port, async (preferred) => {
      const chosen = await choosePort(
        { service: plan.service, preferred, excluded: context.promised },
        portProbe,
      )
      context.promised.add(chosen)
      further.add(chosen)
      return chosen
    })
    try {
      return await startOn(port, prepared, plan, context)
    } catch (error) {
      if (!(error instanceof ProcessDiedError) || tries === PORT_TRIES_MAX || plan.askedPort !== undefined)
        throw error
      if (!(await someAreTaken([port, ...further]))) throw error
      await context.state.remove(plan.service)
    }
  }
}

async function startOn(
  port: number,
  prepared: PreparedService,
  plan: ServicePlan,
  context: StartContext,
): Promise<RecordedProcess> {
  const { service } = plan
  context.signal.throwIfAborted()
  const address = plan.addressOf(port)
  const logFile = logFileOf(context.dir, service)
  context.onProgress({ kind: 'starting', service, address })
  const startedAtMs = Date.now()
  const { folder: cwd } = plan
  const started = await startService(service, prepared.launch, { cwd, logFile, env: context.env })
  const recorded: RecordedProcess = {
    pid: started.pid,
    startToken: started.startToken,
    port,
    address,
    logFile,
    startedAtMs,
    readyAtMs: null,
    identity: typeof prepared.identity === 'string' ? prepared.identity : prepared.identity(started.pid),
    dependsOn: prepared.dependsOn,
    secure: plan.secure,
  }
  context.onStarted(service)
  await context.state.set(service, recorded)
  await waitUntilReady(plan, recorded, started, context.signal)
  const ready = { ...recorded, readyAtMs: Date.now() }
  await context.state.set(service, ready)
  context.onProgress({ kind: 'ready', service, address, seconds: (ready.readyAtMs - startedAtMs) / 1_000 })
  return ready
}

async function waitUntilReady(
  plan: ServicePlan,
  recorded: RecordedProcess,
  started: StartedService,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pollUntil(() => plan.check(recorded.address, recorded.identity), {
      everyMs: POLL_MS,
      limitMs: READY_LIMIT_MS,
      signal,
      stillWorthIt: () => started.mustLive(),
    })
    await started.mustLive()
  } catch (error) {
    if (!(error instanceof WaitLimitError)) throw error
    const logTail = await logTailOf(recorded.logFile)
    await stopService(plan.service, recorded)
    throw new NotReadyError(plan.service, READY_LIMIT_MS / 1_000, recorded.logFile, logTail, error.cause)
  }
}

async function promisePort(plan: ServicePlan, context: StartContext): Promise<number> {
  const { service, askedPort, preferredPorts } = plan
  const port = await choosePort(
    { service, asked: askedPort, preferred: preferredPorts, excluded: context.promised },
    portProbe,
  )
  context.promised.add(port)
  return port
}

async function someAreTaken(ports: number[]): Promise<boolean> {
  const free = await Promise.all(ports.map((port) => portProbe.isFree(port)))
  return free.includes(false)
}
