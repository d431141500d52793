import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Finding } from './finding.ts'
import { judgeRedis, judgeCommands, type RedisFacts } from './judge-redis.ts'
import { judgeClock, judgeLimits, judgeNode, judgeStamps, judgeSubjects } from './judge-surroundings.ts'
import { judgeGroups } from './judge-stages.ts'
import { canLookInside, judgeBrokers, judgeRejoined, judgeTopics } from './judge-topics.ts'
import { REDIS_COMMANDS } from './redis-rights.ts'

const redis: RedisFacts = {
  version: '7.0.15',
  role: 'master',
  policy: 'noeviction',
  usedBytes: 79,
  maxBytes: 100,
  systemBytes: 1_000,
  appendOnly: true,
  appendFsync: 'everysec',
  save: '',
  lastWriteFailed: false,
}
const verdicts = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]))

describe('judgeRedis', () => {
  it('has nothing to say of a sound one', () => {
    expect(new Set(judgeRedis(redis).map(({ verdict }) => verdict))).toEqual(new Set(['ok']))
  })
  it.each<[string, Partial<RedisFacts>, Finding['verdict']]>([
    ['redis version', { version: '6.2.0' }, 'ok'],
    ['redis version', { version: '6.0.20' }, 'failed'],
    ['redis version', { version: '5.9.1' }, 'failed'],
    ['redis role', { role: 'slave' }, 'failed'],
    ['redis eviction', { policy: 'allkeys-lru' }, 'failed'],
    ['redis eviction', { policy: 'volatile-ttl' }, 'failed'],
    ['redis eviction', { policy: null }, 'warning'],
    ['redis persistence', { lastWriteFailed: true }, 'failed'],
    ['redis persistence', { appendFsync: 'no' }, 'warning'],
    ['redis persistence', { appendOnly: false, save: '3600 1' }, 'warning'],
    ['redis persistence', { appendOnly: false, save: '' }, 'warning'],
    ['redis persistence', { appendOnly: false, save: null }, 'warning'],
    ['redis memory', { usedBytes: 80 }, 'warning'],
    ['redis memory', { usedBytes: 799, maxBytes: 0 }, 'ok'],
    ['redis memory', { usedBytes: 800, maxBytes: 0 }, 'warning'],
    ['redis memory', { maxBytes: 0, systemBytes: 0 }, 'warning'],
  ])('%s with %j is %s', (check, changed, verdict) => {
    expect(verdicts(judgeRedis({ ...redis, ...changed }))[check]).toBe(verdict)
  })
})

describe('judgeCommands', () => {
  it('is content when nothing was refused', () => expect(judgeCommands([], 'feed').verdict).toBe('ok'))
  it('says how to allow what the user may not do', () => {
    const message = "NOPERM this user has no permissions to run the 'mset' command"
    expect(judgeCommands([{ command: 'mset', message }], 'feed')).toMatchObject({
      verdict: 'failed',
      found: `MSET: ${message}`,
      action: expect.stringContaining('ACL SETUSER <user> ~feed:* +mset') as string,
    })
  })
  it('does not blame rights for what Redis refuses to everybody', () => {
    const refused = [{ command: 'set', message: 'OOM command not allowed' }]
    expect(judgeCommands(refused, 'feed').action).not.toContain('ACL')
  })
})

it('is documented what a user of Redis needs', () => {
  const documented = /ACL SETUSER feedloop (.+)/.exec(
    readFileSync(new URL('../OPERATIONS.md', import.meta.url), 'utf8'),
  )![1]!
  const rights = documented.split(' ').filter((word) => word.startsWith('+'))
  expect(new Set(rights)).toEqual(
    new Set([...REDIS_COMMANDS, 'info', 'time'].map((command) => `+${command}`)),
  )
})

describe('judgeTopics', () => {
  const wanted = { name: 't', partitions: 4, replicationFactor: 2, config: { 'retention.ms': '10' } }
  const found = { ...wanted, ownConfig: wanted.config }
  const judge = (topic?: typeof found) => judgeTopics([wanted], new Map(topic ? [['t', topic]] : []))
  it('says whether records can be looked at: not where all topics, or one, are missing', () => {
    const other = { ...wanted, name: 'u' }
    expect(canLookInside(judge(found))).toBe(true)
    expect(canLookInside(judge())).toBe(false)
    expect(canLookInside(judgeTopics([wanted, other], new Map([['t', found]])))).toBe(false)
  })
  it('is content when they agree', () => expect(judge(found)[0]?.verdict).toBe('ok'))
  it.each([
    ['missing', undefined, 'failed', 'topics apply'],
    ['of another width', { ...found, partitions: 3 }, 'failed', 'kafka.partitions to 3'],
    ['kept for another time', { ...found, config: { 'retention.ms': '11' } }, 'failed', 'topics apply'],
    ['of too few replicas', { ...found, replicationFactor: 1 }, 'warning', 'replicas'],
  ] as const)('tells one that is %s', (_, topic, verdict, action) => {
    expect(judge(topic)).toEqual([
      expect.objectContaining({ verdict, action: expect.stringContaining(action) as string }),
    ])
  })
})

describe('judgeRejoined', () => {
  const topic = (name: string, partitions: number) => ({
    ...{ name, partitions, replicationFactor: 1, config: {}, ownConfig: {} },
  })
  const judge = (...found: ReturnType<typeof topic>[]) => judgeRejoined(found, topic('feed.examples.v1', 4))
  it('names them, says nothing where there are none, and warns of one with other partitions', () => {
    expect(judge()).toEqual([])
    expect(judge(topic('feed.examples.v1.a', 4), topic('feed.examples.v1.b', 4))).toMatchObject([
      { verdict: 'ok', found: expect.stringContaining('a, b:') as string },
    ])
    expect(judge(topic('feed.examples.v1.a', 4), topic('feed.examples.v1.b', 3))).toMatchObject([
      { verdict: 'warning', action: expect.stringContaining('replay cancel b') as string },
    ])
  })
})

describe('judgeBrokers', () => {
  const facts = {
    brokers: 3,
    replicationFactor: 3,
    messageBytesMax: 100,
    sessionTimeoutMsMin: 6_000,
    sessionTimeoutMsMax: 60_000,
  }
  const limits = { recordBytesMax: 100, sessionTimeoutMs: 6_000 }
  it.each([
    ['brokers', {}, {}, 'ok'],
    ['brokers', { brokers: 2 }, {}, 'failed'],
    ['brokers', { replicationFactor: 1 }, {}, 'warning'],
    ['record size', {}, {}, 'ok'],
    ['record size', {}, { recordBytesMax: 101 }, 'warning'],
    ['record size', { messageBytesMax: null }, {}, 'warning'],
    ['session timeout', {}, {}, 'ok'],
    ['session timeout', {}, { sessionTimeoutMs: 5_999 }, 'warning'],
    ['session timeout', {}, { sessionTimeoutMs: 60_001 }, 'failed'],
    ['session timeout', { sessionTimeoutMsMin: null }, {}, 'warning'],
  ] as const)('%s with %j and %j is %s', (check, changed, changedLimits, verdict) => {
    expect(verdicts(judgeBrokers({ ...facts, ...changed }, { ...limits, ...changedLimits }))[check]).toBe(
      verdict,
    )
  })
})

describe('judgeClock', () => {
  it.each([
    [1_010, 10, 'ok'],
    [1_011, 10, 'warning'],
    [-1_011, 10, 'warning'],
    [300_010, 10, 'warning'],
    [-300_011, 10, 'failed'],
  ] as const)('%d ms, uncertain by %d, is %s', (aheadMs, uncertainMs, verdict) => {
    expect(judgeClock({ aheadMs, uncertainMs }, 300).verdict).toBe(verdict)
  })
})

describe('judgeStamps', () => {
  it.each([
    [0, 'ok'],
    [1_000, 'warning'],
    [300_000, 'failed'],
  ] as const)('a record %d ms ahead is %s', (aheadMs, verdict) => {
    const stamps = [
      { topic: 'sound', by: 'the broker' as const, aheadMs: 0, behindMs: 0 },
      { topic: 'ahead', by: 'its producer' as const, aheadMs, behindMs: 0 },
    ]
    const findings = judgeStamps(stamps, 300)
    expect(findings.map((finding) => finding.verdict)).toEqual([verdict])
    if (aheadMs > 0) expect(findings[0]!.found).toMatch(/^ahead holds a record that its producer stamped/)
  })
  it.each([
    [999, 'ok'],
    [1_000, 'warning'],
    [300_000, 'failed'],
  ] as const)('a record stamped %d ms before it was made is %s', (behindMs, verdict) => {
    const [finding] = judgeStamps([{ topic: 'early', by: 'the broker', aheadMs: 0, behindMs }], 300)
    expect(finding!.verdict).toBe(verdict)
    if (verdict !== 'ok') expect(finding!.found).toContain(`${(behindMs / 1_000).toFixed(1)} s before`)
  })
})

describe('judgeSubjects', () => {
  const sound = { subject: 's', compatibility: 'FULL_TRANSITIVE', isRegistered: true }
  it.each([
    [sound, 'ok'],
    [{ ...sound, compatibility: 'BACKWARD' }, 'failed'],
    [{ ...sound, compatibility: null }, 'failed'],
    [{ ...sound, isRegistered: false }, 'warning'],
  ] as const)('%j is %s', (subject, verdict) => {
    expect(judgeSubjects([subject], 'http://r')[0]?.verdict).toBe(verdict)
  })
})

describe('judgeNode', () => {
  it.each([
    ['v20.11.0', 'ok'],
    ['v20.10.9', 'failed'],
    ['v24.0.0', 'ok'],
    ['v18.20.0', 'failed'],
  ] as const)('%s is %s', (version, verdict) => expect(judgeNode(version).verdict).toBe(verdict))
})

describe('judgeLimits', () => {
  const limits = {
    heartbeatIntervalMs: 1_000,
    sessionTimeoutMs: 3_000,
    stageProgressSecondsMax: 121,
    brokerOutageSecondsMax: 120,
    fetchPartitionBytesMax: 5,
    fetchBytesMax: 5,
  }
  it('is content with limits that fit', () =>
    expect(judgeLimits(limits).map(({ verdict }) => verdict)).toEqual(['ok']))
  it.each([{ heartbeatIntervalMs: 1_001 }, { stageProgressSecondsMax: 120 }, { fetchPartitionBytesMax: 6 }])(
    'tells %j',
    (changed) => expect(judgeLimits({ ...limits, ...changed })[0]?.verdict).toBe('warning'),
  )
})

it('says what to do about everything that is not ok', () => {
  const all = [
    ...judgeRedis({
      ...redis,
      policy: 'allkeys-lru',
      version: '5',
      role: 'slave',
      appendOnly: false,
      usedBytes: 99,
    }),
    judgeClock({ aheadMs: 1e7, uncertainMs: 0 }, 300),
    ...judgeStamps([{ topic: 't', by: 'the broker', aheadMs: 1e7, behindMs: 1e7 }], 300),
    ...judgeGroups([], 'feed'),
  ]
  for (const { verdict, action } of all) expect(action === null).toBe(verdict === 'ok')
})
