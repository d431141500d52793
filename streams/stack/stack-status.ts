import path from 'node:path'
import type { Addresses } from '../contract.ts'
import {
  addressOf,
  givenAddresses,
  type AddressSettings,
  type Environment,
  type GivenAddress,
} from './addresses.ts'
import { StackNotRunningError, StackNotSecureError } from './errors.ts'
import { readLiveState } from './fs-state.ts'
import { checkService } from './given-services.ts'
import { SERVICE_NAMES, type ServiceName } from './stack-services.ts'
import { secureAddresses, secureAddressOf } from './secure-addresses.ts'
import { checkSecure } from './secure-check.ts'
import type { StackUser } from './secure-users.ts'
import type { RecordedProcess, StackState } from './state.ts'

export interface AddressSources {
  env: Environment
  config?: AddressSettings
  dir: string
}

export interface ServiceStatus {
  service: ServiceName
  origin: 'given' | 'local'
  /** up: answers. starting: runs, was not ready yet. silent: should answer and does not. stopped: nothing runs. */
  state: 'up' | 'starting' | 'silent' | 'stopped'
  address: string | null
  /** Why it is silent. */
  detail: string | null
  pid: number | null
  /** It asks who you are, and is a local one. */
  secure: boolean
  startedAtMs: number | null
  logFile: string | null
}

/**
 * Environment, then configuration, then what runs in `dir`, service by service; asks nobody.
 *
 * @param wanted what the caller talks to: that another service is away is no matter
 * @throws AddressInvalidError, StackNotRunningError
 */
export async function resolveAddresses<Wanted extends ServiceName>(
  sources: AddressSources,
  wanted: readonly Wanted[],
): Promise<Pick<Addresses, Wanted>> {
  const dir = path.resolve(sources.dir)
  const given = givenAddresses(sources.env, sources.config ?? {}, wanted)
  const { processes } = await readLiveState(dir)
  const isThere = (service: ServiceName) =>
    given[service] !== undefined || typeof processes[service]?.readyAtMs === 'number'
  const missing = wanted.filter((service) => !isThere(service))
  if (missing.length > 0) throw new StackNotRunningError(missing, dir, Object.keys(processes).length > 0)
  const found = wanted.map((service): Partial<Addresses> => {
    const there = given[service]
    if (there !== undefined) return addressOf(service, there)
    const { address, secure } = processes[service]!
    return secure ? secureAddressOf(service, 'operator', dir, address) : addressOf(service, { address })
  })
  return Object.assign({}, ...found) as Pick<Addresses, Wanted>
}

/** How one user of the secure stack in `dir` is let in. Throws StackNotSecureError. */
export async function resolveSecureAddresses(user: StackUser, stackDir: string): Promise<Addresses> {
  const dir = path.resolve(stackDir)
  const { processes } = await readLiveState(dir)
  const { kafka, redis, registry } = processes
  if (!isSecure(processes) || kafka === undefined || redis === undefined || registry === undefined)
    throw new StackNotSecureError(dir)
  const texts = { kafka: kafka.address, redis: redis.address, registry: registry.address }
  return secureAddresses(user, dir, texts)
}

const isSecure = (processes: StackState['processes']): boolean =>
  SERVICE_NAMES.every((service) => processes[service]?.secure === true)

/** Asks every service, given or local. Never throws for one that does not answer. */
export async function stackStatus(sources: AddressSources): Promise<ServiceStatus[]> {
  const given = givenAddresses(sources.env, sources.config ?? {})
  const dir = path.resolve(sources.dir)
  const { processes } = await readLiveState(dir)
  return Promise.all(
    SERVICE_NAMES.map((service) => {
      const there = given[service]
      if (there !== undefined) return givenStatus(service, there)
      return localStatus(service, processes[service], dir)
    }),
  )
}

async function givenStatus(service: ServiceName, given: GivenAddress): Promise<ServiceStatus> {
  const { address } = given
  const detail = await silenceOf(() => checkService(service, given))
  return {
    service,
    origin: 'given',
    state: detail === null ? 'up' : 'silent',
    address,
    detail,
    pid: null,
    secure: false,
    startedAtMs: null,
    logFile: null,
  }
}

async function localStatus(
  service: ServiceName,
  recorded: RecordedProcess | undefined,
  dir: string,
): Promise<ServiceStatus> {
  if (recorded === undefined) {
    const nothing = {
      address: null,
      detail: null,
      pid: null,
      secure: false,
      startedAtMs: null,
      logFile: null,
    }
    return { service, origin: 'local', state: 'stopped', ...nothing }
  }
  const { address, pid, startedAtMs, logFile, readyAtMs, secure } = recorded
  const detail = await silenceOf(() =>
    secure ? checkSecure(service, 'operator', dir, address) : checkService(service, { address }),
  )
  const state = detail === null ? 'up' : readyAtMs === null ? 'starting' : 'silent'
  return { service, origin: 'local', state, address, detail, pid, secure, startedAtMs, logFile }
}

async function silenceOf(check: () => Promise<void>): Promise<string | null> {
  try {
    await check()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
