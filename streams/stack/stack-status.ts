import path from 'node:path'
import type { Addresses } from '../contract.ts'
import {
  addressesOf,
  givenAddresses,
  type AddressSettings,
  type Environment,
  type GivenAddress,
} from './addresses.ts'
import { StackNotRunningError } from './errors.ts'
import { readLiveState } from './fs-state.ts'
import { checkService } from './given-services.ts'
import { SERVICE_NAMES, type ServiceName } from './stack-services.ts'
import type { RecordedProcess } from './state.ts'

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
  startedAtMs: number | null
  logFile: string | null
}

/** Environment, then configuration, then what runs in `dir`; asks nobody. Throws AddressInvalidError, StackNotRunningError. */
export async function resolveAddresses(sources: AddressSources): Promise<Addresses> {
  const dir = path.resolve(sources.dir)
  const given = givenAddresses(sources.env, sources.config ?? {})
  const { processes } = await readLiveState(dir)
  const addressOf = (service: ServiceName): string | undefined =>
    given[service]?.address ?? (processes[service]?.readyAtMs ? processes[service].address : undefined)
  const [kafka, redis, registry] = SERVICE_NAMES.map(addressOf)
  if (kafka === undefined || redis === undefined || registry === undefined)
    throw new StackNotRunningError(
      SERVICE_NAMES.filter((service) => addressOf(service) === undefined),
      dir,
    )
  return addressesOf({ kafka, redis, registry }, given.kafka?.security, { ...given.redis, ...given.registry })
}

/** Asks every service, given or local. Never throws for one that does not answer. */
export async function stackStatus(sources: AddressSources): Promise<ServiceStatus[]> {
  const given = givenAddresses(sources.env, sources.config ?? {})
  const { processes } = await readLiveState(path.resolve(sources.dir))
  return Promise.all(
    SERVICE_NAMES.map((service) => {
      const there = given[service]
      if (there !== undefined) return givenStatus(service, there)
      return localStatus(service, processes[service])
    }),
  )
}

async function givenStatus(service: ServiceName, given: GivenAddress): Promise<ServiceStatus> {
  const { address } = given
  const detail = await silenceOf(service, given)
  return {
    service,
    origin: 'given',
    state: detail === null ? 'up' : 'silent',
    address,
    detail,
    pid: null,
    startedAtMs: null,
    logFile: null,
  }
}

async function localStatus(
  service: ServiceName,
  recorded: RecordedProcess | undefined,
): Promise<ServiceStatus> {
  if (recorded === undefined) {
    const nothing = { address: null, detail: null, pid: null, startedAtMs: null, logFile: null }
    return { service, origin: 'local', state: 'stopped', ...nothing }
  }
  const { address, pid, startedAtMs, logFile, readyAtMs } = recorded
  const detail = await silenceOf(service, { address })
  const state = detail === null ? 'up' : readyAtMs === null ? 'starting' : 'silent'
  return { service, origin: 'local', state, address, detail, pid, startedAtMs, logFile }
}

async function silenceOf(service: ServiceName, given: Omit<GivenAddress, 'source'>): Promise<string | null> {
  try {
    await checkService(service, given)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
