import { describe, expect, it } from 'vitest'
import type { RankRequest } from '#schemas'
import { scorerConfigSchema } from './config.ts'
import { requestSteps } from './request-steps.ts'

const meta = { topic: 'feed.requests.v1', partition: 0, offset: 7, brokerTimeMs: 1_700_000_000_000 }
const config = scorerConfigSchema.parse({
  candidatesMax: 3,
  idBytesMax: 8,
  contextAttributesMax: 1,
  requestAgeDaysMax: 0,
})
const steps = requestSteps(config, { skewSecondsMax: 300, farSecondsMax: 86_400 })

function decide(changes: Partial<RankRequest>) {
  let value: RankRequest = {
    requestId: 'r1',
    userId: 'u1',
    occurredAtMs: 1_000,
    candidates: ['a', 'b'],
    context: [],
    ...changes,
  }
  const signals: string[] = []
  for (const step of steps) {
    const verdict = step(value, meta)
    if (verdict.kind !== 'pass') return verdict
    value = verdict.value
    if (verdict.signal !== undefined) signals.push(verdict.signal)
  }
  return { kind: 'pass', value, signals }
}
const reason = (changes: Partial<RankRequest>) => {
  const decided = decide(changes)
  return 'reason' in decided ? decided.reason : decided.kind
}

describe('a request', () => {
  it('passes untouched', () =>
    expect(decide({})).toMatchObject({ value: { candidates: ['a', 'b'], occurredAtMs: 1_000 }, signals: [] }))
  it('needs candidates, at most candidatesMax', () => {
    expect(reason({ candidates: [] })).toBe('no_candidates')
    expect(reason({ candidates: ['a', 'b', 'c'] })).toBe('pass')
    expect(reason({ candidates: ['a', 'b', 'c', 'd'] })).toBe('too_many_candidates')
  })
  it('counts candidates before repeated ones are dropped', () => {
    expect(reason({ candidates: ['a', 'a', 'a', 'a'] })).toBe('too_many_candidates')
    expect(decide({ candidates: ['b', 'a', 'b'] })).toMatchObject({
      value: { candidates: ['b', 'a'] },
      signals: ['candidates_deduplicated'],
    })
  })
  it('needs ids of at most idBytesMax', () => {
    expect(reason({ requestId: '' })).toBe('no_request_id')
    expect(reason({ userId: '' })).toBe('no_user_id')
    expect(reason({ candidates: ['a', ''] })).toBe('no_item_id')
    expect(reason({ userId: 'x'.repeat(8) })).toBe('pass')
    expect(reason({ userId: 'x'.repeat(9) })).toBe('id_too_long')
    expect(reason({ candidates: ['x'.repeat(9)] })).toBe('id_too_long')
    expect(reason({ candidates: ['ππππ'] })).toBe('pass')
    expect(reason({ candidates: ['πππππ'] })).toBe('id_too_long')
  })
  it('has a bounded context', () => {
    const attribute = { name: 'device', text: 'phone', number: null }
    expect(reason({ context: [attribute] })).toBe('pass')
    expect(reason({ context: [attribute, attribute] })).toBe('too_much_context')
  })
  it('has a time that can be', () => {
    expect(reason({ occurredAtMs: 0 })).toBe('absurd_time')
    expect(reason({ occurredAtMs: NaN })).toBe('absurd_time')
    expect(decide({ occurredAtMs: meta.brokerTimeMs + 300_001 })).toMatchObject({
      value: { occurredAtMs: meta.brokerTimeMs + 300_000 },
      signals: ['clock_skew_clamped'],
    })
    expect(reason({ occurredAtMs: meta.brokerTimeMs + 86_400_001 })).toBe('far_future')
  })
})

describe('an old request', () => {
  const DAY_MS = 86_400_000
  const verdictOf = (days: number, requestAgeDaysMax: number) => {
    const [old] = requestSteps(
      { ...config, requestAgeDaysMax },
      { skewSecondsMax: 300, farSecondsMax: 86_400 },
    ).slice(3, 4)
    const occurredAtMs = meta.brokerTimeMs - days * DAY_MS
    return old!({ requestId: 'r1', userId: 'u1', occurredAtMs, candidates: ['a'], context: [] }, meta)
  }
  it('is refused past requestAgeDaysMax, by 0 never', () => {
    expect(verdictOf(90, 90).kind).toBe('pass')
    expect(verdictOf(365, 90)).toMatchObject({
      reason: 'too_old',
      detail: expect.stringContaining('is 365 days ago, at most 90') as string,
    })
    expect(verdictOf(36_500, 0).kind).toBe('pass')
  })
})

describe('a request that does not lie where its user belongs', () => {
  const [note] = requestSteps(
    config,
    { skewSecondsMax: 300, farSecondsMax: 86_400 },
    { partitionOf: (userId) => userId.length },
  ).slice(-1)
  const request = { requestId: 'r1', userId: 'u1', occurredAtMs: 1, candidates: ['a'], context: [] }
  const signalOf = (partition: number, key: string | null) => {
    const at = { ...meta, partition, key: key === null ? null : Buffer.from(key) }
    const verdict = note!(request, at)
    return verdict.kind === 'pass' ? verdict.signal : verdict.kind
  }
  it('is answered, since its answer goes to the right partition, and counted', () => {
    expect(signalOf(2, 'u1')).toBeUndefined()
    expect(signalOf(1, 'u1')).toBe('wrong_partition')
    expect(signalOf(2, 'r1')).toBe('wrong_key')
    expect(signalOf(2, null)).toBe('wrong_key')
  })
})
