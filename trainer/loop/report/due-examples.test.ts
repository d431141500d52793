import { expect, it } from 'vitest'
import type { Interaction } from '#schemas'
import { samplePrediction } from '../../testing/sample-predictions.ts'
import { createDueExamples } from './due-examples.ts'

const MINUTE_MS = 60_000
const T0 = 1_700_000_000_000

function told(type: string, itemId: string, minutes: number, requestId: string | null = 'r'): Interaction {
  const occurredAtMs = T0 + minutes * MINUTE_MS
  const interactionId = `${type} ${itemId} ${String(minutes)}`
  return { interactionId, userId: 'u', itemId, type, occurredAtMs, requestId, position: null, value: null }
}

/** A prediction of a, b and c (which has no vector) in partition 1, which ends so many minutes later. */
function missingAt(endMinutes: number, outcomes: readonly Interaction[], there: readonly string[] = []) {
  const due = createDueExamples({
    shownTypes: ['view'],
    horizonMs: 60 * MINUTE_MS,
    shownWithinMs: 10 * MINUTE_MS,
    graceMs: MINUTE_MS,
  })
  const items = [{ itemId: 'a' }, { itemId: 'b' }, { itemId: 'c', vector: null }]
  due.prediction(samplePrediction({ requestId: 'r', occurredAtMs: T0, items }), 1)
  for (const outcome of outcomes) due.outcome(outcome, 1)
  due.outcome(told('view', 'elsewhere', 999, null), 0)
  due.outcome(told('view', 'x', endMinutes, null), 1)
  return due.missing((predictionId, itemId) => there.includes(`${predictionId} ${itemId}`))
}

it('counts what was shown and whose horizon and two graces its partition has passed', () => {
  expect(missingAt(62, [told('view', 'a', 0), told('view', 'b', 1)])).toBe(1)
  expect(missingAt(63, [told('view', 'a', 0), told('view', 'b', 1)])).toBe(2)
  expect(missingAt(61.9, [told('view', 'a', 0)])).toBe(0)
})

it('leaves out what is there, what nobody saw, what was shown too late and what has no vector', () => {
  const seen = ['a', 'b', 'c'].map((itemId) => told('view', itemId, 0))
  expect(missingAt(100, seen)).toBe(2)
  expect(missingAt(100, seen, ['p:r a'])).toBe(1)
  expect(missingAt(100, [told('click', 'a', 0)])).toBe(0)
  expect(missingAt(100, [told('view', 'a', 10), told('view', 'b', 10.1)])).toBe(1)
})
