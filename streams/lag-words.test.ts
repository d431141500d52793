import { describe, expect, it } from 'vitest'
import type { AgedLag } from './kafka/kafka-oldest-unread.ts'
import { lagText, lettersSummary } from './lag-words.ts'

const lag = (more: Partial<AgedLag> = {}): AgedLag => ({
  group: 'feed.scorer',
  topic: 'feed.requests.v1',
  partition: 0,
  committedOffset: 5,
  endOffset: 9,
  lagRecords: 4,
  lagSeconds: 2.04,
  isCut: false,
  members: 1,
  ...more,
})

describe('lagText', () => {
  it('has a row for each partition, with who reads it', () => {
    const lines = lagText([lag(), lag({ partition: 1, members: null, lagSeconds: null })], 'feed').split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatch(/feed\.scorer +feed\.requests\.v1 +0 +5 +9 +4 +2\.0 +1 member$/)
    expect(lines[2]).toMatch(/\? +\?$/)
  })

  it('lists what nobody reads, and says what would', () => {
    const text = lagText(
      [lag({ members: 0 }), lag({ members: 0, partition: 1, committedOffset: null })],
      'feed',
    )
    expect(text).toMatch(/none +9 +4 +2\.0 +nobody$/m)
    expect(text).toContain(
      'Nobody reads feed.requests.v1[0,1] as feed.scorer: `npx feedloop run scorer` does.',
    )
  })

  it('gives no command of ours for a group of somebody else', () => {
    expect(lagText([lag({ group: 'feed.gateway', members: 0 })], 'feed')).toMatch(
      /\nNobody reads feed\.requests\.v1\[0\] as feed\.gateway\.$/,
    )
  })

  it('tells a group that is there and has committed nothing, where records wait', () => {
    const waiting = lag({ committedOffset: null })
    expect(lagText([waiting, lag({ partition: 1 })], 'feed')).toMatch(
      /feed\.scorer has members, and has committed nothing yet for feed\.requests\.v1\[0\]: is it starting\?$/,
    )
    expect(lagText([{ ...waiting, lagRecords: 0 }], 'feed')).not.toContain('committed nothing')
  })

  it('says what to run where nothing ever ran, or no topic is there', () => {
    expect(lagText([lag({ committedOffset: null, members: 0 })], 'feed')).toMatch(/^no stage .* run all`$/)
    expect(lagText([], 'feed')).toMatch(/topics apply`$/)
  })
})

describe('lettersSummary', () => {
  it('tells reasons with what to do', () => {
    const reasons = [
      { reason: 'wrong_partition', count: 11, topics: ['feed.outcomes.v1'], newestAtMs: 0, detail: 'd' },
    ]
    const text = lettersSummary({ reasons, isCut: false, hours: 24 })
    expect(text).toMatch(
      /^Dead-lettered in the last 24 hours:\n- 11 wrong_partition of feed\.outcomes\.v1, the newest: d\n {2}Mend the producer .*murmur2_random/,
    )
    expect(lettersSummary({ reasons: [], isCut: false, hours: 24 })).toMatch(/^No record/)
  })
})
