import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Addresses } from '#streams'
import {
  admitToKafka,
  admitToRedis,
  openSecureStack,
  passwordOf,
  type SecureBrokers,
  type SecureStack,
  STACK_USERS,
  type StackUser,
  startSecureBrokers,
  startSecuredRedis,
} from '#streams/testing'
import type { LabKafka, LabRedis, LabStack } from './lab-stack.ts'

/** A stack where each has a login of their own; Kafka and Redis of a scenario's own know the same users. */
export async function openSecureLab(): Promise<LabStack> {
  const stack = await openSecureStack('faults')
  const addresses = await forEachUser((user) => stack.as(user))
  return {
    services: { as: (user) => addresses[user], admit: (feed) => stack.admit(feed) },
    openRedis: (options = {}) => openSecureRedis(stack, addresses, onlySettings(options)),
    openKafka: (options = {}) => openSecureKafka(onlySettings(options)),
    close: () => stack.close(),
  }
}

type Settings<S> = Readonly<Record<string, S>>

function onlySettings<S>({ settings = {}, ...others }: { settings?: Settings<S> }): Settings<S> {
  const [other] = Object.keys(others)
  if (other !== undefined) throw new Error(`A scenario that sets ${other} runs on the plain stack alone.`)
  return settings
}

async function openSecureRedis(
  { passwords }: SecureStack,
  addresses: Readonly<Record<StackUser, Addresses>>,
  settings: Settings<string | number>,
): Promise<LabRedis> {
  const { redis, admin, close } = await startSecuredRedis([], settings)
  const { url, address } = redis
  return {
    servers: [redis],
    as: (user) => ({ ...addresses[user].redis, url, tls: admin.tls }),
    admit: (feed) => admitToRedis(address, feed, passwords),
    close,
  }
}

async function openSecureKafka(settings: Settings<string | number | boolean>): Promise<LabKafka> {
  const own = await startSecureBrokers(STACK_USERS, { settings })
  const kafka = await forEachUser((user) => scramFromFile(own, user))
  return {
    own,
    as: (user) => kafka[user],
    admit: (feed) => admitToKafka(own.open, feed),
    close: () => own.stop(),
  }
}

const OWNER_ONLY = 0o600

/** Addresses are arguments of some processes, where everybody sees them. */
async function scramFromFile(own: SecureBrokers, username: StackUser): Promise<Addresses['kafka']> {
  const file = path.join(own.folder, `${username}.password`)
  await writeFile(file, passwordOf(username), { mode: OWNER_ONLY })
  const { sasl, ...address } = own.scram(username)
  return { ...address, sasl: { ...sasl, password: { file } } as Addresses['kafka']['sasl'] }
}

async function forEachUser<T>(of: (user: StackUser) => Promise<T>): Promise<Record<StackUser, T>> {
  const entries = await Promise.all(STACK_USERS.map(async (user) => [user, await of(user)] as const))
  return Object.fromEntries(entries) as Record<StackUser, T>
}
