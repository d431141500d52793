import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type TopicCatalogue, topicCatalogue } from '#schemas'
import { serviceAcls } from '../acl/service-acls.ts'
import { streamsConfigSchema } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { ensureSecurity } from '../stack/fs-secure.ts'
import { CACHE_DIR_DEFAULT, secureDirOf } from '../stack/layout.ts'
import type { StackUser } from '../stack/secure-users.ts'
import { stackDown } from '../stack/stack-down.ts'
import { CACHE_VARIABLE } from '../stack/stack-services.ts'
import { resolveSecureAddresses } from '../stack/stack-status.ts'
import { stackUp } from '../stack/stack-up.ts'
import { admitToKafka, admitToRedis } from './feed-rights.ts'
import { startStackGuard } from './process-stack-guard.ts'

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A stack of a test that asks who you are, on free ports in a folder of its own. */
export interface SecureStack {
  dir: string
  /** Where everything is, and how this user is let in. */
  as(user: StackUser): Promise<Addresses>
  readonly passwords: Readonly<Record<StackUser, string>>
  /** Rights for one more feed. */
  admit(feed: { prefix: string; catalogue: TopicCatalogue }): Promise<void>
  /** Of Kafka's controller, which clients have no business with. */
  controllerPort(): Promise<number>
  /** Everything any of its processes wrote: its logs, this run's and the one before, and those of its preparation. */
  logs(): Promise<string>
  /** Every password and key of it, by the file that keeps it. */
  secrets(): Promise<Map<string, string>>
  /** Ends it; nothing is left. */
  close(): Promise<void>
}

/**
 * With rights for one feed under `prefix`. Gone afterwards, however this process ends. `measured`: see StackUpOptions.
 *
 * @throws what `stackUp` throws; nothing is left behind then
 */
export async function openSecureStack(prefix: string, { measured = false } = {}): Promise<SecureStack> {
  const dir = await mkdtemp(path.join(tmpdir(), 'feedloop-secure-stack-'))
  const guard = startStackGuard(dir, projectRoot)
  const close = async (): Promise<void> => {
    await stackDown({ dir })
    await rm(dir, { recursive: true, force: true })
    await guard.dismiss()
  }
  try {
    const { kafka } = streamsConfigSchema.parse({ prefix })
    const acls = serviceAcls({ prefix, catalogue: topicCatalogue({ prefix, ...kafka }) })
    await stackUp({
      dir,
      env: environmentOfNobody(),
      anyPorts: true,
      measured,
      secure: { prefix, acls },
      cacheDir: cacheDir(),
    })
    const { passwords } = await ensureSecurity(dir, process.env)
    return {
      dir,
      as: (user) => resolveSecureAddresses(user, dir),
      passwords,
      async admit(feed) {
        const admin = await resolveSecureAddresses('admin', dir)
        await admitToKafka(admin.kafka, feed)
        await admitToRedis(admin.redis, feed, passwords)
      },
      async controllerPort() {
        const file = path.join(secureDirOf(dir), 'kafka', 'server.properties')
        return Number(/CONTROLLER:\/\/[^:]+:(\d+)/.exec(await readFile(file, 'utf8'))?.[1])
      },
      async logs() {
        const files = (await namesBelow(dir)).filter((file) => file.endsWith('.log') && !isRecordLog(file))
        return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n')
      },
      secrets: () => secretsIn(dir),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const namesBelow = async (dir: string): Promise<string[]> =>
  (await readdir(dir, { recursive: true })).map((name) => path.join(dir, name))

/** A broker's records: among them the keys that SCRAM makes of passwords, not the passwords. */
const isRecordLog = (file: string): boolean => /\/kafka\/data\//.test(file)

async function secretsIn(dir: string): Promise<Map<string, string>> {
  const files = (await namesBelow(secureDirOf(dir))).filter(
    (file) => path.basename(path.dirname(file)) === 'secrets' || /\.(key|password)$/.test(file),
  )
  return new Map(
    await Promise.all(files.map(async (file) => [path.relative(dir, file), await secretOf(file)] as const)),
  )
}

/** Of a key a line of its middle: how it is told may differ at its ends. */
async function secretOf(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  return lines[Math.floor(lines.length / 2)]!
}

const cacheDir = () => process.env[CACHE_VARIABLE] || path.join(projectRoot, CACHE_DIR_DEFAULT)

/** This process's own, without what was given to it: a secure stack starts all three itself. */
const environmentOfNobody = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FEEDLOOP_')))
