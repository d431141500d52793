import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from '../contract.ts'
import { hideSecrets, withoutSecrets } from '#schemas'
import { ACL_USERS, type ServiceAcl, serviceAcls } from '../acl/service-acls.ts'
import type { StreamsConfig } from '../config.ts'
import { catalogueOf } from '../kafka/kafka-runtime.ts'
import { STACK_DIR_DEFAULT } from './layout.ts'
import { progressLine, type StackProgress } from './progress.ts'
import { registerSecureCommands } from './secure-commands.ts'
import { SERVICE_NAMES, SERVICE_TITLES } from './stack-services.ts'
import { stackDown } from './stack-down.ts'
import { stackStatus, type ServiceStatus } from './stack-status.ts'
import { stackUp } from './stack-up.ts'

interface UpFlags {
  clean?: boolean
  json?: boolean
  kafkaPort?: number
  redisPort?: number
  registryPort?: number
  secure?: boolean
}

type Context = Pick<CommandContext<StreamsConfig>, 'loadConfig'>

/** `stack up|down|status|env|files`: Kafka, Redis and the schema registry for this folder, without containers. */
export function registerStackCommands(program: Command, context: Context): void {
  const dir = STACK_DIR_DEFAULT
  const stack = program
    .command('stack')
    .description('local Kafka, Redis and schema registry, without containers')

  stack
    .command('up')
    .description('start what is not given by environment or configuration; what runs already is used again')
    .option('--clean', 'forget records, states and schemas of earlier runs')
    .option('--secure', 'with TLS, a login for each service and no more rights than it needs')
    .option('--kafka-port <port>', 'this port or none', parsePort)
    .option('--redis-port <port>', 'this port or none', parsePort)
    .option('--registry-port <port>', 'this port or none', parsePort)
    .option('--json', 'print the addresses as JSON')
    .action(async (flags: UpFlags) => {
      const { addresses, services } = await untilInterrupted((signal) => startStack(flags, signal))
      if (flags.json) return print(JSON.stringify({ ...addresses, services }, hideSecrets, 2))
      for (const service of SERVICE_NAMES)
        print(
          `${SERVICE_TITLES[service].padEnd(16)} ${withoutSecrets(services[service].address)} (${services[service].origin})`,
        )
    })

  registerSecureCommands(stack, () => feedOf(context))

  stack
    .command('down')
    .description('stop the local processes; records, states and schemas are kept')
    .option('--clean', 'forget them too')
    .option('--json', 'print what was stopped as JSON')
    .action(async (flags: { clean?: boolean; json?: boolean }) => {
      const { stopped } = await stackDown({ dir, clean: flags.clean ?? false, onProgress: tell })
      if (flags.json) print(JSON.stringify({ stopped }))
      else if (stopped.length === 0) print('Nothing was running.')
    })

  stack
    .command('status')
    .description('ask every service; exit code 1 when one does not answer')
    .option('--json', 'print as JSON')
    .action(async (flags: { json?: boolean }) => {
      const config = await context.loadConfig()
      const status = await stackStatus({ env: process.env, config, dir })
      print(flags.json ? JSON.stringify(status, hideSecrets, 2) : status.map(statusLine).join('\n'))
      if (!flags.json && status.every(({ secure }) => secure))
        print(`Each service logs in as itself: eval "$(npx feedloop stack env ${ACL_USERS.join('|')})"`)
      if (status.some(({ state }) => state !== 'up')) process.exitCode = 1
    })

  async function startStack(flags: UpFlags, signal: AbortSignal): ReturnType<typeof stackUp> {
    const asked = { kafka: flags.kafkaPort, redis: flags.redisPort, registry: flags.registryPort }
    const ports = Object.fromEntries(Object.entries(asked).filter(([, port]) => port !== undefined))
    const config = await context.loadConfig()
    return stackUp({
      dir,
      ...(flags.secure ? { secure: await feedOf(context) } : {}),
      env: process.env,
      config,
      ports,
      clean: flags.clean ?? false,
      signal,
      onProgress: tell,
    })
  }
}

/** Ctrl-C during a start stops what was started so far. */
async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController()
  const interrupt = (): void => interrupted.abort()
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  try {
    return await work(interrupted.signal)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function statusLine({ service, state, origin, address, pid, detail }: ServiceStatus): string {
  const where = [
    address === null ? null : withoutSecrets(address),
    origin === 'given' ? 'given' : pid === null ? null : `process ${pid}`,
    detail,
  ]
  return [SERVICE_TITLES[service].padEnd(16), state.padEnd(9), ...where.filter(Boolean)].join(' ')
}

/** Whose rights a secure stack gives. */
async function feedOf({ loadConfig }: Context): Promise<{ prefix: string; acls: ServiceAcl[] }> {
  const config = await loadConfig()
  const { prefix } = config
  return { prefix, acls: serviceAcls({ prefix, catalogue: catalogueOf(config) }) }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('a port is 1 to 65535.')
  return port
}

function tell(progress: StackProgress): void {
  // Every single file Maven fetches would drown the rest.
  if (progress.kind === 'fetching' && progress.file !== null) return
  process.stderr.write(`${progressLine(progress)}\n`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
