import { describe, expect, it } from 'vitest'
import { sampleRecords } from '#schemas/testing'
import { judgeArrivals, judgeLetters } from './judge-told.ts'

const letters = {
  reason: 'far_future',
  count: 10,
  topics: ['feed.interactions.v1'],
  newestAtMs: 1_000_000,
  detail: 'it looks like microseconds',
}

describe('judgeLetters', () => {
  it('is content when nothing was given up', () => {
    expect(judgeLetters({ reasons: [], isCut: false, hours: 24 }, 0)).toMatchObject([{ verdict: 'ok' }])
  })

  it('tells reason, number, source, age and words', () => {
    const [finding] = judgeLetters({ reasons: [letters], isCut: false, hours: 24 }, 1_180_000)
    expect(finding).toEqual({
      check: 'dead letters: far_future',
      verdict: 'warning',
      found:
        '10 in the last 24 hours, of feed.interactions.v1; the newest 3 min ago: it looks like microseconds',
      action: expect.stringContaining('dead-letters list --reason far_future') as string,
    })
  })

  it.each(['wrong_partition', 'wrong_key'])('says how %s is mended at its producer', (reason) => {
    const [finding] = judgeLetters({ reasons: [{ ...letters, reason }], isCut: true, hours: 24 }, 1_000_000)
    expect(finding!.found).toMatch(/^10 or more in/)
    expect(finding!.action).toContain("'partitioner': 'murmur2_random'")
    expect(finding!.action).toContain(`requeue --reason ${reason}`)
  })
})

describe('judgeArrivals', () => {
  const event = (monitor: string, kind: 'upstream' | 'none', detectedAtMs: number, cause = 'why') => ({
    ...sampleRecords.drift,
    monitor,
    kind,
    cause,
    detectedAtMs,
  })

  it('is content without events, and does not take other monitors for labels', () => {
    const others = [event('overclaim:click', 'upstream', 9)]
    for (const events of [[], others])
      expect(judgeArrivals(events, 0)).toMatchObject([{ check: 'labels', verdict: 'ok' }])
  })

  it('tells a source that is silent for as long as nothing says that it is over', () => {
    const [finding] = judgeArrivals([event('label_arrival:click:outcomes', 'upstream', 5, 'Hardly any')], 9)
    expect(finding).toEqual({
      check: 'label click of outcomes',
      verdict: 'warning',
      found: 'Hardly any',
      action: expect.stringMatching(/^See what sends click to outcomes/) as string,
    })
  })

  it.each([
    [8, []],
    [9, ['label click']],
  ])('tells an outage that was over at %d, when that is not long ago', (overAtMs, checks) => {
    const events = [
      event('label_arrival:click', 'upstream', 5, 'it broke'),
      event('label_arrival:click', 'none', overAtMs, 'it is back'),
    ]
    const findings = judgeArrivals(events, 9)
    expect(findings.every(({ verdict }) => verdict === 'ok')).toBe(true)
    expect(findings.filter(({ check }) => check !== 'labels').map(({ check }) => check)).toEqual(checks)
    if (checks.length > 0) expect(findings[0]!.found).toBe('it is back')
  })

  it('keeps sources of one label apart', () => {
    const events = [
      event('label_arrival:click:outcomes', 'upstream', 5),
      event('label_arrival:click:interactions', 'none', 6),
    ]
    expect(judgeArrivals(events, 0).map(({ check, verdict }) => [check, verdict])).toEqual([
      ['label click of outcomes', 'warning'],
      ['label click of interactions', 'ok'],
    ])
  })
})
