import { describe, expect, it } from 'vitest'
import { type FoundTopic, planTopics, producerStamps, settingsRefused } from './topics.ts'

const wanted = { name: 't', partitions: 4, replicationFactor: 1, config: { 'retention.ms': '1000' } }
const found = (overrides: Partial<FoundTopic>) =>
  new Map([
    ['t', { name: 't', partitions: 4, replicationFactor: 1, config: {}, ownConfig: {}, ...overrides }],
  ])

describe('planTopics', () => {
  it('creates what is missing', () => {
    expect(planTopics([wanted], new Map())).toEqual([{ kind: 'create', topic: wanted }])
  })
  it('keeps what agrees', () => {
    expect(planTopics([wanted], found({ config: { 'retention.ms': '1000', other: 'x' } }))).toEqual([
      { kind: 'keep', topic: wanted },
    ])
  })
  it('alters what differs and leaves settings of others', () => {
    const ownConfig = { 'segment.ms': '7', 'retention.ms': '5' }
    expect(planTopics([wanted], found({ config: { 'retention.ms': '5' }, ownConfig }))).toEqual([
      {
        kind: 'alter',
        topic: wanted,
        changed: { 'retention.ms': { from: '5', to: '1000' } },
        config: { 'segment.ms': '7', 'retention.ms': '1000' },
      },
    ])
  })
  it('refuses another number of partitions, either way', () => {
    expect(planTopics([wanted], found({ partitions: 3 }))).toMatchObject([
      { kind: 'refuse', why: expect.stringContaining('kafka.partitions to 3') },
    ])
    expect(planTopics([wanted], found({ partitions: 5 }))).toMatchObject([{ kind: 'refuse' }])
  })
})

describe('who stamps records', () => {
  const createTime = { 'message.timestamp.type': 'CreateTime' }
  it('says nothing where brokers do', () =>
    expect(producerStamps({ 'message.timestamp.type': 'LogAppendTime' })).toBeNull())
  it('knows what brokers refuse, by the name of Kafka 4 and of 3', () => {
    const four = { ...createTime, 'message.timestamp.after.max.ms': '3600000' }
    expect(producerStamps(four)).toContain('refuse what is 3600 s ahead (message.timestamp.after.max.ms)')
    const three = { ...createTime, 'message.timestamp.difference.max.ms': '9223372036854775807' }
    expect(producerStamps(three)).toContain('brokers take any time')
  })
  it('says why apply left it so', () => {
    const to = { 'message.timestamp.type': 'LogAppendTime' }
    const [change] = planTopics([{ ...wanted, config: to }], found({ config: createTime }))
    if (change?.kind !== 'alter') throw new Error('nothing to alter')
    expect(settingsRefused([change], 'POLICY_VIOLATION')).toMatch(
      /POLICY_VIOLATION.*\n {2}t keeps message.timestamp.type CreateTime, not LogAppendTime: its records carry their producers' clocks/,
    )
  })
})
