import path from 'node:path'
import { applyAcls } from '../acl/kafka-acls.ts'
import type { Addresses } from '../contract.ts'
import {
  addressesOf,
  givenAddresses,
  kafkaAddressOf,
  type AddressSettings,
  type Environment,
  type GivenAddress,
} from './addresses.ts'
import { allOrNone, once, settled } from './all-or-none.ts'
import { type Archive, KAFKA_ARCHIVE, REGISTRY_ARCHIVE } from './archives.ts'
import { SecureStackIncompleteError, StackInterruptedError } from './errors.ts'
import { ensureArchives } from './fs-archives.ts'
import { removeKeptState } from './fs-clean.ts'
import { withLock } from './fs-lock.ts'
import { kafkaPlan, redisPlan, registryPlan, type PlanOptions } from './fs-service-plans.ts'
import { openState } from './fs-state.ts'
import { ensureSecurity, type StackSecurity } from './fs-secure.ts'
import { waitForGiven } from './given-services.ts'
import { cacheDirOf, lockFileOf } from './layout.ts'
import { findJava } from './process-java.ts'
import { findRedis } from './process-redis.ts'
import { reuseOrStart, type ServiceUp, type StartContext } from './process-start.ts'
import type { StackProgress } from './progress.ts'
import { kafkaSecurityAs, secureAddresses } from './secure-addresses.ts'
import { REGISTRY_ACLS, type StackAcl } from './secure-users.ts'
import { STOP_ORDER, USUAL_PORTS, type ServiceName } from './stack-services.ts'
import { stopRecorded } from './stack-down.ts'

export interface StackUpOptions {
  /** Where the local stack keeps its state; two starts in one folder wait for each other. */
  dir: string
  env: Environment
  /** Addresses of the configuration; those of the environment win. */
  config?: AddressSettings
  /** Archives; FEEDLOOP_CACHE_DIR, else `.feedloop/archives` of the working directory. */
  cacheDir?: string
  /** Ports that must be these. */
  ports?: Partial<Record<ServiceName, number>>
  /** Do not even try the usual ports, for stacks that must not be mistaken for the user's. */
  anyPorts?: boolean
  /** A broker for benchmarks: slower to start, then as fast as it gets. */
  measured?: boolean
  /** TLS, logins and rights; with feeds under this prefix. */
  secure?: { prefix: string; acls: readonly StackAcl[] }
  /** Forget records, states and schemas of earlier runs. */
  clean?: boolean
  /** Aborting stops what this call started. */
  signal?: AbortSignal
  onProgress?: (progress: StackProgress) => void
}

export interface StackUp {
  addresses: Addresses
  services: Record<ServiceName, ServiceUp>
  /** What this call started. A caller that cleans up after itself stops these (`stackDown({ services })`). */
  started: ServiceName[]
}

/**
 * Makes sure that Kafka, Redis and a schema registry answer. Services given by address are only asked; the others run as
 * local processes that outlive this one. What already runs in `dir` is used again. On failure, what this call had
 * started is stopped. Throws the OperatorErrors of errors.ts.
 */
export async function stackUp(options: StackUpOptions): Promise<StackUp> {
  const dir = path.resolve(options.dir)
  const onProgress = options.onProgress ?? (() => undefined)
  const given = givenAddresses(options.env, options.config ?? {})
  const onWait = (pid: number): void => onProgress({ kind: 'waiting', pid })
  const [someGiven] = Object.values(given)
  if (options.secure !== undefined && someGiven !== undefined)
    throw new SecureStackIncompleteError(someGiven.source)
  try {
    await waitForGiven(given, { onProgress, signal: options.signal })
    return await withLock(lockFileOf(dir), { onWait, signal: options.signal }, () =>
      bringUp({ ...options, dir, onProgress }, given),
    )
  } catch (error) {
    throw options.signal?.aborted ? new StackInterruptedError() : error
  }
}

type Given = Partial<Record<ServiceName, GivenAddress>>
type Resolved = StackUpOptions & { onProgress: (progress: StackProgress) => void }

async function bringUp(options: Resolved, given: Given): Promise<StackUp> {
  const { dir, onProgress } = options
  const state = await openState(dir)
  if (options.clean) {
    await stopRecorded(STOP_ORDER, state, onProgress)
    await removeKeptState(dir)
  }
  const started = new Set<ServiceName>()
  const failed = new AbortController()
  const context: StartContext = {
    dir,
    env: options.env,
    state,
    signal: options.signal ? AbortSignal.any([failed.signal, options.signal]) : failed.signal,
    promised: new Set(Object.values(options.ports ?? {})),
    onProgress,
    onStarted: (service) => started.add(service),
  }
  try {
    const security = options.secure === undefined ? null : await ensureSecurity(dir, options.env)
    const services = await allOrNone(failed, serviceStarts({ ...options, security }, given, context))
    const { kafka, redis, registry } = services
    const texts = { kafka: kafka.address, redis: redis.address, registry: registry.address }
    const addresses =
      security === null
        ? addressesOf(texts, given.kafka?.security, { ...given.redis, ...given.registry })
        : secureAddresses('operator', dir, texts)
    return { addresses, services, started: [...started] }
  } catch (error) {
    const mine = STOP_ORDER.filter((service) => started.has(service))
    await stopRecorded(mine, state, onProgress)
    throw error
  }
}

/** Kafka and Redis start side by side; the registry is fetched meanwhile and starts when Kafka answers. */
function serviceStarts(
  options: Resolved & { security: StackSecurity | null },
  given: Given,
  context: StartContext,
): Record<ServiceName, Promise<ServiceUp>> {
  const { dir, env, signal, state, onProgress } = context
  const { security, secure } = options
  const cacheDir = cacheDirOf(options.cacheDir, env, process.cwd())
  const fetching = { cacheDir, env, signal, onProgress }
  const java = once(() => findJava(env))
  const javaWith = async (archive: Archive): Promise<string> => {
    const command = await java()
    await ensureArchives([archive], fetching)
    return command
  }
  const planOf = (service: ServiceName): PlanOptions => {
    const usual = options.anyPorts ? [] : [USUAL_PORTS[service]]
    const previous = state.previousPort(service)
    const preferredPorts = previous === undefined ? usual : [previous, ...usual]
    return { dir, env, cacheDir, askedPort: options.ports?.[service], preferredPorts, security }
  }
  const givenOr = async (service: ServiceName, local: () => Promise<ServiceUp>): Promise<ServiceUp> => {
    const address = given[service]?.address
    return address === undefined ? local() : { address, origin: 'given', pid: null }
  }

  // Fetched one after the other, in the order that lets the last service be ready soonest.
  const mustStart = (service: ServiceName): boolean =>
    given[service] === undefined && state.get(service) === undefined
  const kafkaFetched = mustStart('kafka') ? javaWith(KAFKA_ARCHIVE) : undefined
  const registryFetched = settled(kafkaFetched).then(() =>
    mustStart('registry') ? javaWith(REGISTRY_ARCHIVE) : undefined,
  )

  const kafka = givenOr('kafka', async () => {
    await kafkaFetched
    const plan = kafkaPlan({
      ...planOf('kafka'),
      anyPort: options.anyPorts ?? false,
      measured: options.measured ?? false,
      java: () => javaWith(KAFKA_ARCHIVE),
    })
    const up = await reuseOrStart(plan, null, context)
    if (secure !== undefined)
      await applyAcls(kafkaAddressOf(up.address, kafkaSecurityAs('admin', dir)), [
        ...secure.acls,
        ...REGISTRY_ACLS,
      ])
    return up
  })
  const redis = givenOr('redis', () => {
    const command = async (): Promise<string> => {
      await settled(registryFetched)
      return findRedis(fetching)
    }
    return reuseOrStart(
      redisPlan({ ...planOf('redis'), command, prefix: secure?.prefix ?? '' }),
      null,
      context,
    )
  })
  const registry = givenOr('registry', async () => {
    await registryFetched
    const brokers = (await kafka).address
    const plan = registryPlan({ ...planOf('registry'), brokers, java: () => javaWith(REGISTRY_ARCHIVE) })
    return reuseOrStart(plan, brokers, context)
  })
  return { kafka, redis, registry }
}
