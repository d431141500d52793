import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { KAFKA_ARCHIVE } from '../stack/archives.ts'
import { brokerProperties, clusterIdFrom } from '../stack/broker-properties.ts'
import { archiveDir, ensureArchives } from '../stack/fs-archives.ts'
import { checkKafka } from '../stack/kafka-ready.ts'
import { type Launch, brokerFormatLaunch, brokerLaunch } from '../stack/launch.ts'
import { cacheDirOf } from '../stack/layout.ts'
import { isSameProcess } from '../stack/process-identity.ts'
import { findJava } from '../stack/process-java.ts'
import { portProbe } from '../stack/process-ports.ts'
import { type StartedService, runToEnd, startService } from '../stack/process-service.ts'
import { pollUntil } from '../stack/process-wait.ts'
import { LOCAL_HOST } from '../stack/stack-services.ts'
import { killProcess, type Leash, openLeash } from './process-leash.ts'

export interface OwnBrokersOptions {
  nodes?: 1 | 3
  /** On top of what a local stack uses. */
  settings?: Readonly<Record<string, string | number | boolean>>
  /** More listeners, each on a port of its own: name and protocol. What they need besides is in `settings`. */
  listeners?: Readonly<Record<string, 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'>>
  /** Given to the program that makes a data folder: users, for one. */
  formatArguments?: readonly string[]
  /** Makes a second way to a node (a proxy) and answers its address: clients who come by it are sent by it again. */
  detour?(upstream: { host: string; port: number }): Promise<string>
  /** Where a node keeps its log; inside its own folder when not given. */
  logDir?(nodeId: number): string
  /** Runs the nodes elsewhere, reachable at `host`: a network of their own. */
  place?: { host: string; launch(launch: Launch): Launch }
}

/** A Kafka of its own that may be harmed. Node ids begin with 1. */
export interface OwnBrokers {
  /** `host:port` of the nodes, the straight way. */
  readonly brokers: string[]
  /** The same by the detour; empty without one. */
  readonly detours: string[]
  /** `host:port` of the nodes by each of the further listeners. */
  readonly listeners: Readonly<Record<string, string[]>>
  /** SIGKILL; resolves when it is gone. */
  kill(nodeId: number): Promise<void>
  /** Starts a node that was killed or died, with what it had written. Resolves when it answers. */
  restart(nodeId: number): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(nodeId: number): void
  /** SIGCONT. */
  thaw(nodeId: number): void
  isAlive(nodeId: number): Promise<boolean>
  /** Kills what still runs and removes every trace. Safe to call twice. */
  stop(): Promise<void>
}

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
/** In a network of its own a node may listen on every address it has there. */
const ANY_ADDRESS = '0.0.0.0'
const READY_LIMIT_MS = 180_000
const POLL_MS = 100
/** A node that was killed may come back after this (9 s by default), and a leader is missed as early. */
const SESSION = {
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  'replica.lag.time.max.ms': 5_000,
}
/** Three nodes share a machine with everything else. */
const HEAP_MIB = { 1: 512, 3: 384 }

interface Node {
  id: number
  address: string
  folder: string
  launch: Launch
  running: StartedService | null
}

/**
 * One or three nodes on free ports, in a temporary folder, gone at the end even when the test dies.
 *
 * @throws OperatorError when there is no Java or Kafka cannot be fetched
 */
export async function startOwnBrokers(options: OwnBrokersOptions = {}): Promise<OwnBrokers> {
  const { nodes: count = 1, place, formatArguments = [] } = options
  const env = process.env
  const java = await findJava(env)
  const cacheDir = cacheDirOf(undefined, env, projectRoot)
  await ensureArchives([KAFKA_ARCHIVE], { cacheDir, env, onProgress: () => undefined })
  const archive = archiveDir(cacheDir, KAFKA_ARCHIVE)
  const leash = openLeash()
  const nodes: Node[] = []
  let stopped: Promise<void> | null = null

  const stop = (): Promise<void> => (stopped ??= leash.pull())

  async function start(node: Node): Promise<void> {
    const logFile = path.join(node.folder, 'broker.log')
    node.running = await startService('kafka', node.launch, { cwd: node.folder, logFile, env })
    await leash.process(node.running.pid)
  }

  const answers = (node: Node): Promise<void> =>
    pollUntil(() => checkKafka({ brokers: [node.address] }), {
      everyMs: POLL_MS,
      limitMs: READY_LIMIT_MS,
      stillWorthIt: () => node.running?.mustLive(),
    })

  const nodeOf = (nodeId: number): Node => {
    const node = nodes.find(({ id }) => id === nodeId)
    if (node === undefined) throw new Error(`There is no node ${nodeId}.`)
    return node
  }

  try {
    const { prepared, detours, listeners } = await prepareNodes(count, leash, options)
    const clusterId = clusterIdFrom(randomBytes(16))
    await Promise.all(
      prepared.map(({ folder }) =>
        runToEnd('kafka', withArguments(brokerFormatLaunch(java, archive, clusterId), formatArguments), {
          cwd: folder,
          env,
        }),
      ),
    )
    const plain = brokerLaunch(java, archive, HEAP_MIB[count])
    const launch = place?.launch(plain) ?? plain
    for (const { id, address, folder } of prepared) nodes.push({ id, address, folder, launch, running: null })
    await Promise.all(nodes.map(start))
    await Promise.all(nodes.map(answers))
    return {
      brokers: nodes.map(({ address }) => address),
      detours,
      listeners,
      async kill(nodeId) {
        const { running } = nodeOf(nodeId)
        if (running !== null) await killProcess(running)
      },
      async restart(nodeId) {
        const node = nodeOf(nodeId)
        if (node.running !== null) await killProcess(node.running)
        await start(node)
        await answers(node)
      },
      freeze: (nodeId) => signal(nodeOf(nodeId), 'SIGSTOP'),
      thaw: (nodeId) => signal(nodeOf(nodeId), 'SIGCONT'),
      isAlive: (nodeId) => isAlive(nodeOf(nodeId)),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function signal({ running }: Node, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (running !== null) process.kill(running.pid, name)
}

const isAlive = async ({ running }: Node): Promise<boolean> => running !== null && isSameProcess(running)

const withArguments = ({ command, args }: Launch, more: readonly string[]): Launch => ({
  command,
  args: [...args, ...more],
})

interface Listener {
  name: string
  protocol: string
  address: string
}

/** The lines that name listeners, and these behind. */
function withListeners(properties: string, listeners: readonly Listener[]): string {
  const added = {
    listeners: listeners.map(({ name, address }) => `${name}://${address}`),
    'advertised.listeners': listeners.map(({ name, address }) => `${name}://${address}`),
    'listener.security.protocol.map': listeners.map(({ name, protocol }) => `${name}:${protocol}`),
  }
  return properties.replace(
    /^(listeners|advertised\.listeners|listener\.security\.protocol\.map)=(.*)$/gm,
    (_, key: keyof typeof added, value: string) => `${key}=${[value, ...added[key]].join(',')}`,
  )
}

/** Folders and ports, and what each node reads at its start. */
async function prepareNodes(count: 1 | 3, leash: Leash, options: OwnBrokersOptions) {
  const { settings = {}, detour, logDir, place } = options
  const listeners: Record<string, string[]> = {}
  const host = place?.host ?? LOCAL_HOST
  const dir = await mkdtemp(path.join(tmpdir(), 'feedloop-own-brokers-'))
  leash.folder(dir)
  const taken = new Set<number>()
  const freePort = async (): Promise<number> => {
    const port = await portProbe.anyFree()
    if (taken.has(port)) return freePort()
    taken.add(port)
    return port
  }
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  const ports = new Map<number, { broker: number; controller: number; detour: number }>()
  for (const id of ids)
    ports.set(id, { broker: await freePort(), controller: await freePort(), detour: await freePort() })
  const controllers = Object.fromEntries(
    [...ports].map(([id, { controller }]) => [id, `${host}:${controller}`]),
  )
  const detours: string[] = []
  const prepared = []
  for (const [id, own] of ports) {
    const folder = path.join(dir, `node-${id}`)
    await mkdir(folder)
    const advertised = await detour?.({ host, port: own.detour })
    if (advertised !== undefined) detours.push(advertised)
    const text = brokerProperties(own, {
      nodeId: id,
      host,
      controllers,
      detour:
        advertised === undefined
          ? null
          : { host: place === undefined ? LOCAL_HOST : ANY_ADDRESS, port: own.detour, advertised },
      settings: { ...SESSION, ...(logDir === undefined ? {} : { 'log.dirs': logDir(id) }), ...settings },
    })
    const further: Listener[] = []
    for (const [name, protocol] of Object.entries(options.listeners ?? {})) {
      const address = `${host}:${await freePort()}`
      further.push({ name, protocol, address })
      ;(listeners[name] ??= []).push(address)
    }
    await writeFile(path.join(folder, 'server.properties'), withListeners(text, further))
    prepared.push({ id, folder, address: `${host}:${own.broker}` })
  }
  return { prepared, detours, listeners }
}
