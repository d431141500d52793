import type { RefusedCommand } from './redis-rights.ts'
import { failed, type Finding, mebibytes, ok, unknown, warning } from './finding.ts'

/** What a Redis tells of itself; null: it would not say. */
export interface RedisFacts {
  version: string
  role: string
  policy: string | null
  usedBytes: number
  /** 0: no limit of its own. */
  maxBytes: number
  /** Of the machine; 0: not told. */
  systemBytes: number
  appendOnly: boolean
  appendFsync: string | null
  /** `save` of its configuration, "" when off. */
  save: string | null
  lastWriteFailed: boolean
}

/** The oldest with which the Lua of the fence is tested. */
export const REDIS_VERSION_MIN = [6, 2] as const
/** Of maxmemory: with noeviction a full Redis refuses writes, and features stand still. */
const USED_SHARE_WARNED = 0.8

export function judgeRedis(facts: RedisFacts): Finding[] {
  return [
    judgeVersion(facts),
    judgeRole(facts),
    judgePolicy(facts),
    judgePersistence(facts),
    judgeMemory(facts),
  ]
}

/** Whether this user may do, and Redis does, what feedloop asks of it. */
export function judgeCommands(refused: readonly RefusedCommand[], prefix: string): Finding {
  const check = 'redis commands'
  if (refused.length === 0) return ok(check, 'it does for this user all that feedloop asks of it')
  const found = refused.map(({ command, message }) => `${command.toUpperCase()}: ${message}`).join('; ')
  const forbidden = refused.filter(({ message }) => message.startsWith('NOPERM'))
  if (forbidden.length === 0)
    return failed(check, found, 'Look at what the other checks of Redis say, and at its log.')
  const rights = forbidden.map(({ command }) => `+${command}`).join(' ')
  return failed(
    check,
    found,
    `Allow it: redis-cli ACL SETUSER <user> ~${prefix}:* ${rights}, and the same in its ACL file.`,
  )
}

function judgeVersion({ version }: RedisFacts): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isEnough =
    major > REDIS_VERSION_MIN[0] || (major === REDIS_VERSION_MIN[0] && minor >= REDIS_VERSION_MIN[1])
  if (isEnough) return ok('redis version', `Redis ${version}`)
  return failed('redis version', `Redis ${version}`, `Use Redis ${REDIS_VERSION_MIN.join('.')} or newer.`)
}

function judgeRole({ role }: RedisFacts): Finding {
  if (role === 'master') return ok('redis role', 'a primary: it takes writes')
  return failed(
    'redis role',
    `a ${role}: it takes no writes`,
    'Give the address of the primary in FEEDLOOP_REDIS_URL.',
  )
}

function judgePolicy({ policy }: RedisFacts): Finding {
  const check = 'redis eviction'
  if (policy === null) return unknown(check, 'Redis does not tell its maxmemory-policy')
  if (policy === 'noeviction') return ok(check, 'noeviction: a full memory refuses writes and drops no state')
  return failed(
    check,
    `maxmemory-policy is ${policy}: a full memory silently drops users, items or the fence`,
    'Set it: redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.',
  )
}

function judgePersistence({ appendOnly, appendFsync, save, lastWriteFailed }: RedisFacts): Finding {
  const check = 'redis persistence'
  const rebuild = 'all state is rebuilt from Kafka, which takes as long as its retention is deep'
  if (lastWriteFailed)
    return failed(
      check,
      'its last write to disk failed',
      'Make room on the disk of Redis and look at its log.',
    )
  if (appendOnly && appendFsync === 'no')
    return warning(
      check,
      'appendonly yes, but appendfsync no: a power cut takes what the system had not written',
      'Set it: redis-cli CONFIG SET appendfsync everysec.',
    )
  if (appendOnly) return ok(check, `appendonly yes, appendfsync ${appendFsync ?? '(not told)'}`)
  if (save === null) return unknown(check, 'appendonly is off and Redis does not tell `save`')
  if (save !== '')
    return warning(
      check,
      `snapshots only (save ${save}): a crash sets states and fences back to the last one, and the rest is read again`,
      'Set it: redis-cli CONFIG SET appendonly yes, and the same in redis.conf.',
    )
  return warning(
    check,
    `nothing is kept: after a restart of Redis ${rebuild}; reads answer "not ready" until then`,
    'Set it: redis-cli CONFIG SET appendonly yes, and the same in redis.conf.',
  )
}

function judgeMemory({ usedBytes, maxBytes, systemBytes }: RedisFacts): Finding {
  const check = 'redis memory'
  const bound = maxBytes > 0 ? maxBytes : systemBytes
  if (bound === 0) return unknown(check, 'Redis tells neither maxmemory nor the memory of its machine')
  const of = `${mebibytes(usedBytes)} of ${mebibytes(bound)} (${maxBytes > 0 ? 'maxmemory' : 'the machine'})`
  if (usedBytes < bound * USED_SHARE_WARNED) return ok(check, of)
  return warning(
    check,
    of,
    'Give Redis more memory before it refuses writes: about 300 bytes per user and item.',
  )
}
