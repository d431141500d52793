import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { kafkaAddressOf, type Environment } from './addresses.ts'
import { KAFKA_ARCHIVE, REGISTRY_ARCHIVE } from './archives.ts'
import { brokerProperties, clusterIdFrom, clusterIdOf } from './broker-properties.ts'
import { archiveDir } from './fs-archives.ts'
import { checkKafka } from './kafka-ready.ts'
import {
  brokerFormatLaunch,
  brokerLaunch,
  type Launch,
  measuredBrokerLaunch,
  redisLaunch,
  registryLaunch,
} from './launch.ts'
import { OWNER_ONLY, type StackSecurity } from './fs-secure.ts'
import { secureDirOf, serviceDir } from './layout.ts'
import { runToEnd } from './process-service.ts'
import type { ServicePlan } from './process-start.ts'
import { redisSettings } from './redis-settings.ts'
import { checkRedis } from './redis-ready.ts'
import { checkRegistry } from './registry-ready.ts'
import { kafkaSecurityAs, redisAddressAs, registryAddressAs } from './secure-addresses.ts'
import {
  FORMAT_ARGUMENTS_FILE,
  formatArguments,
  secureBrokerSettings,
  secureFormatLaunch,
} from './secure-broker.ts'
import { REDIS_USERS_FILE, redisUsers, secureRedisSettings } from './secure-redis.ts'
import { REGISTRY_SETTINGS_FILE, secureRegistrySettings } from './secure-registry.ts'
import { localAddress, secureAddress, type ServiceName, USUAL_CONTROLLER_PORT } from './stack-services.ts'

export interface PlanOptions {
  dir: string
  env: Environment
  cacheDir: string
  askedPort: number | undefined
  preferredPorts: number[]
  /** Asks who you are; null: does not. */
  security: StackSecurity | null
}

/** What the plan of every service says. */
function planBase(service: ServiceName, { askedPort, preferredPorts, security, dir }: PlanOptions) {
  return {
    service,
    askedPort,
    preferredPorts,
    secure: security !== null,
    folder: security === null ? serviceDir(dir, service) : serviceDir(secureDirOf(dir), service),
    addressOf: (port: number) =>
      security === null ? localAddress(service, port) : secureAddress(service, port),
  }
}

/** Kafka: formatted on the first start; later ones keep the cluster and its records, whatever the ports. */
export function kafkaPlan(
  options: PlanOptions & { java: () => Promise<string>; anyPort: boolean; measured: boolean },
): ServicePlan {
  const { dir, cacheDir, security } = options
  const base = planBase('kafka', options)
  const { folder } = base
  const archive = archiveDir(cacheDir, KAFKA_ARCHIVE)
  const launch = options.measured ? measuredBrokerLaunch : brokerLaunch
  return {
    ...base,
    async prepare(port, givePort) {
      const java = await options.java()
      const ports = {
        broker: port,
        controller: await givePort(options.anyPort ? [] : [USUAL_CONTROLLER_PORT]),
      }
      await mkdir(folder, { recursive: true })
      const settings = security === null ? {} : secureBrokerSettings(ports, security)
      await writeOwn(path.join(folder, 'server.properties'), brokerProperties(ports, { settings }))
      let clusterId = await clusterIdIn(folder)
      if (clusterId === undefined) {
        clusterId = clusterIdFrom(randomBytes(16))
        await format(brokerFormatLaunch(java, archive, clusterId), folder, options)
      }
      return { launch: launch(java, archive), identity: clusterId, dependsOn: null }
    },
    check: (address, clusterId) =>
      checkKafka(kafkaAddressOf(address, security === null ? {} : kafkaSecurityAs('admin', dir)), clusterId),
  }
}

async function format(launch: Launch, folder: string, { env, security }: PlanOptions): Promise<void> {
  if (security === null) return runToEnd('kafka', launch, { cwd: folder, env })
  const file = path.join(folder, FORMAT_ARGUMENTS_FILE)
  await writeOwn(file, formatArguments(launch, security.passwords))
  try {
    await runToEnd('kafka', secureFormatLaunch(launch.command), { cwd: folder, env })
  } finally {
    await rm(file, { force: true })
  }
}

/** Settings may hold passwords. */
const writeOwn = (file: string, text: string): Promise<void> => writeFile(file, text, { mode: OWNER_ONLY })

async function clusterIdIn(folder: string): Promise<string | undefined> {
  const text = await readFile(path.join(folder, 'data', 'meta.properties'), 'utf8').catch(() => '')
  return clusterIdOf(text)
}

export function redisPlan(
  options: PlanOptions & { command: () => Promise<string>; prefix: string },
): ServicePlan {
  const { dir, prefix, security } = options
  const base = planBase('redis', options)
  const { folder } = base
  return {
    ...base,
    async prepare(port) {
      const command = await options.command()
      await mkdir(folder, { recursive: true })
      const settings = security === null ? {} : secureRedisSettings(port, security.certificates)
      if (security !== null)
        await writeOwn(path.join(folder, REDIS_USERS_FILE), redisUsers(prefix, security.passwords))
      await writeOwn(path.join(folder, 'redis.conf'), redisSettings(port, settings))
      return { launch: redisLaunch(command), identity: (pid) => String(pid), dependsOn: null }
    },
    check: (address, pid) =>
      checkRedis(security === null ? { url: address } : redisAddressAs('admin', dir, address), Number(pid)),
  }
}

/** The registry, keeping its schemas in the Kafka at `brokers`. */
export function registryPlan(
  options: PlanOptions & { java: () => Promise<string>; brokers: string },
): ServicePlan {
  const { dir, security } = options
  const base = planBase('registry', options)
  return {
    ...base,
    async prepare(port) {
      const { brokers } = options
      const stackId = randomBytes(8).toString('hex')
      const archive = archiveDir(options.cacheDir, REGISTRY_ARCHIVE)
      if (security !== null) {
        const file = path.join(base.folder, REGISTRY_SETTINGS_FILE)
        await mkdir(path.dirname(file), { recursive: true })
        await writeOwn(file, secureRegistrySettings(port, security))
      }
      const launch = registryLaunch(await options.java(), archive, REGISTRY_ARCHIVE.mainFile, {
        port,
        brokers,
        stackId,
      })
      return { launch, identity: stackId, dependsOn: brokers }
    },
    check: (url, stackId) =>
      checkRegistry(security === null ? { url } : registryAddressAs('admin', dir, url), stackId),
  }
}
