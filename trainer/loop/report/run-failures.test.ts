import { expect, it } from 'vitest'
import { runFailures, verdictText } from './run-failures.ts'

it('ends a report with what failed, or that nothing did', () => {
  expect(verdictText([])).toBe('All checks passed.')
  expect(verdictText(['2 interactions were lost', 'no vector could be checked'])).toBe(
    'Checks that failed:\n  2 interactions were lost\n  no vector could be checked',
  )
})

it('tells why records were dead-lettered: their topic may be gone by then', () => {
  const sound = {
    interactions: {
      produced: 90,
      applied: 80,
      lost: 0,
      duplicates: 0,
      entities: 9,
      entitiesDifferent: 0,
      firstDifference: null,
      acknowledged: 90,
      deadLetters: 10,
      deadLettersBy: [
        {
          reason: 'far_future',
          count: 7,
          topics: ['t.interactions.v1'],
          newestAtMs: 0,
          detail: 'a day ahead',
        },
        { reason: 'unknown_type', count: 3, topics: ['t.outcomes.v1'], newestAtMs: 0, detail: 'type clik' },
      ],
    },
    predictions: { written: 1, lost: 0, duplicates: 0, fallbacks: {}, latencyMs: null },
    skew: { vectorsChecked: 1, mismatches: 0, firstMismatch: null },
  }
  expect(runFailures(sound)).toEqual([
    '10 records were dead-lettered:\n' +
      '    7 far_future of t.interactions.v1, the newest: a day ahead\n' +
      '    3 unknown_type of t.outcomes.v1, the newest: type clik',
  ])
})
