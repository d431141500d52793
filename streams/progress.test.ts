import { describe, expect, it } from 'vitest'
import { judgeProgress, type ProgressFacts } from './progress.ts'

const facts = (changed: Partial<ProgressFacts> = {}): ProgressFacts => ({
  nowMs: 100_000,
  atHand: [],
  openingSinceMs: null,
  fetchedAtMs: () => 0,
  waiting: [],
  ...changed,
})
const at = (sinceMs: number) => ({ topic: 't', partition: 3, sinceMs })
const waiting = [{ topic: 't', partition: 1, leader: 7 }]

describe('judgeProgress', () => {
  it.each([
    ['nothing is to be done', {}, 'moves'],
    ['a batch is younger than the bound', { atHand: [at(90_001)] }, 'moves'],
    ['a batch is as old as the bound', { atHand: [at(99_000), at(90_000)] }, 'stuck'],
    ['an opening is younger than the bound', { openingSinceMs: 90_001, waiting }, 'moves'],
    ['an opening is as old as the bound', { openingSinceMs: 90_000 }, 'stuck'],
    ['records wait and their leader is not fetched from', { waiting, fetchedAtMs: () => 90_000 }, 'silent'],
    ['records wait and their leader was fetched from', { waiting, fetchedAtMs: () => 90_001 }, 'moves'],
    [
      'another broker was fetched from',
      { waiting, fetchedAtMs: (id: number) => (id === 7 ? 0 : 99_999) },
      'silent',
    ],
    ['records wait behind a batch at hand', { waiting, atHand: [at(95_000)] }, 'moves'],
  ] as const)('when %s', (_, changed, kind) => {
    expect(judgeProgress(facts(changed), 10).kind).toBe(kind)
  })
  it('says what and for how long', () => {
    expect(judgeProgress(facts({ atHand: [at(80_000)] }), 10)).toEqual({
      kind: 'stuck',
      what: 'a batch of t[3]',
      seconds: 20,
    })
  })
})
