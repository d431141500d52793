import { describe, expect, it } from 'vitest'
import { type FoundTopic, planTopics } from './topics.ts'

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
