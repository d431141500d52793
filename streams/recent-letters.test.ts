import { expect, it } from 'vitest'
import { sampleRecords } from '#schemas/testing'
import { lettersByReason, lettersText } from './recent-letters.ts'
import { REQUEUED } from './requeue-plan.ts'

const letter = (reason: string, offset: number, topic = 'feed.outcomes.v1', diedAtMs = 1_000 + offset) => ({
  ...sampleRecords.deadLetters,
  reason,
  topic,
  partition: 0,
  offset,
  detail: `${reason} ${String(offset)}`,
  diedAtMs,
})

it('counts by reason, most first, with sources and the words of the newest', () => {
  const letters = [
    letter('unknown_type', 1),
    letter('far_future', 3),
    letter('far_future', 2),
    letter('far_future', 4, 'feed.interactions.v1', 0),
  ]
  expect(lettersByReason(letters)).toEqual([
    {
      reason: 'far_future',
      count: 3,
      topics: ['feed.outcomes.v1', 'feed.interactions.v1'],
      newestAtMs: 1_003,
      detail: 'far_future 3',
    },
    {
      reason: 'unknown_type',
      count: 1,
      topics: ['feed.outcomes.v1'],
      newestAtMs: 1_001,
      detail: 'unknown_type 1',
    },
  ])
})

it('leaves out what is older, and what was written back', () => {
  const letters = [letter('old', 1), letter('sent', 2), letter(REQUEUED, 2), letter('left', 3)]
  expect(lettersByReason(letters, 1_002).map(({ reason }) => reason)).toEqual(['left'])
})

it('counts a record once that two stages gave up', () => {
  expect(lettersByReason([letter('undecodable', 1), letter('undecodable', 1)])[0]!.count).toBe(1)
})

it('says it in one line, and quotes no whole record', () => {
  const long = { ...letter('unwanted', 1), detail: 'x'.repeat(5_000) }
  const text = lettersText(lettersByReason([long])[0]!)
  expect(text).toMatch(/^1 unwanted of feed\.outcomes\.v1, the newest: x+$/)
  expect(text.length).toBeLessThan(300)
})
