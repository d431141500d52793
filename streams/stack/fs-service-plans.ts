import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { kafkaAddressOf, type Environment } from './addresses.ts'
import { KAFKA_ARCHIVE, REGISTRY_ARCHIVE } from './archives.ts'
import { brokerProperties, clusterIdFrom, clusterIdOf } from './broker-properties.ts'
import { archiveDir } from './fs-archives.ts'
import { checkKafka } from './kafka-ready.ts'
import {
  brokerFormatLaunch,
  brokerLaunch,
  measuredBrokerLaunch,
  redisLaunch,
  registryLaunch,
} from './launch.ts'
import { serviceDir } from './layout.ts'
import { runToEnd } from './process-service.ts'
import type { ServicePlan } from './process-start.ts'
import { redisSettings } from './redis-settings.ts'
import { checkRedis } from './redis-ready.ts'
import { checkRegistry } from './registry-ready.ts'
import { USUAL_CONTROLLER_PORT } from './stack-services.ts'

export interface PlanOptions {
  dir: string
  env: Environment
  cacheDir: string
  askedPort: number | undefined
  preferredPorts: number[]
}

/** Kafka: formatted on the first start; later ones keep the cluster and its records, whatever the ports. */
export function kafkaPlan(
  options: PlanOptions & { java: () => Promise<string>; anyPort: boolean; measured: boolean },
): ServicePlan {
  const { dir, env, cacheDir, askedPort, preferredPorts } = options
  const folder = serviceDir(dir, 'kafka')
  const archive = archiveDir(cacheDir, KAFKA_ARCHIVE)
  const launch = options.measured ? measuredBrokerLaunch : brokerLaunch
  return {
    service: 'kafka',
    askedPort,
    preferredPorts,
    async prepare(port, givePort) {
      const java = await options.java()
      const controller = await givePort(options.anyPort ? [] : [USUAL_CONTROLLER_PORT])
      await mkdir(folder, { recursive: true })
      await writeFile(path.join(folder, 'server.properties'), brokerProperties({ broker: port, controller }))
      let clusterId = await clusterIdIn(folder)
      if (clusterId === undefined) {
        clusterId = clusterIdFrom(randomBytes(16))
        await runToEnd('kafka', brokerFormatLaunch(java, archive, clusterId), { cwd: folder, env })
      }
      return { launch: launch(java, archive), identity: clusterId, dependsOn: null }
    },
    check: (address, clusterId) => checkKafka(kafkaAddressOf(address), clusterId),
  }
}

async function clusterIdIn(folder: string): Promise<string | undefined> {
  const text = await readFile(path.join(folder, 'data', 'meta.properties'), 'utf8').catch(() => '')
  return clusterIdOf(text)
}

export function redisPlan(options: PlanOptions & { command: () => Promise<string> }): ServicePlan {
  const folder = serviceDir(options.dir, 'redis')
  return {
    service: 'redis',
    askedPort: options.askedPort,
    preferredPorts: options.preferredPorts,
    async prepare(port) {
      const command = await options.command()
      await mkdir(folder, { recursive: true })
      await writeFile(path.join(folder, 'redis.conf'), redisSettings(port))
      return { launch: redisLaunch(command), identity: (pid) => String(pid), dependsOn: null }
    },
    check: (address, pid) => checkRedis({ url: address }, Number(pid)),
  }
}

/** The registry, keeping its schemas in the Kafka at `brokers`. */
export function registryPlan(
  options: PlanOptions & { java: () => Promise<string>; brokers: string },
): ServicePlan {
  return {
    service: 'registry',
    askedPort: options.askedPort,
    preferredPorts: options.preferredPorts,
    async prepare(port) {
      const { brokers } = options
      const stackId = randomBytes(8).toString('hex')
      const archive = archiveDir(options.cacheDir, REGISTRY_ARCHIVE)
      const launch = registryLaunch(await options.java(), archive, REGISTRY_ARCHIVE.mainFile, {
        port,
        brokers,
        stackId,
      })
      return { launch, identity: stackId, dependsOn: brokers }
    },
    check: (url, stackId) => checkRegistry({ url }, stackId),
  }
}
