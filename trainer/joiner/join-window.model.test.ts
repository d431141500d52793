import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Prediction } from '#schemas'
import { samplePrediction } from '../testing/sample-predictions.ts'
import type { JoinOutcome } from './early-outcomes.ts'
import { createJoinWindow, type JoinWindow, type Matured } from './join-window.ts'
import { createLabelRules } from './label-rules.ts'
import { createSimpleJoinWindow } from './testing/simple-join-window.ts'

/** The join window beside a simple one that looks at everything: the same verdicts, examples, offsets, dues. */

const MINUTE = 60_000
const SOURCES = ['predictions', 'outcomes', 'interactions']
const rules = createLabelRules({
  click: { positive: ['click'], shown: ['view'], horizonMinutes: 3 },
  like: { positive: ['like', 'love'], shown: ['view', 'shown'], horizonMinutes: 1 },
})
const BOUNDS = { pendingPredictionsMax: 6, earlyOutcomesMax: 8, rememberedPredictionsMax: 100 }

type Step =
  | { kind: 'prediction'; request: number; user: number; atMs: number; items: number }
  | {
      kind: 'outcome'
      source: number
      outcome: Omit<JoinOutcome, 'requestId' | 'userId'>
      to: number
      user: number
    }
  | { kind: 'mature'; atMs: number }

/** Requests, and event times, move on with the steps; what is drawn is added. */
const REQUESTS_PER_STEP = 0.15
const MS_PER_STEP = 12_000
const requests = fc.integer({ min: 0, max: 2 })
const users = fc.integer({ min: 0, max: 9 }).map((user) => Math.max(0, user - 8))
const times = fc.oneof(
  fc.integer({ min: -2 * MINUTE, max: 2 * MINUTE }),
  fc.integer({ min: -4, max: 4 }).map((halves) => (halves * MINUTE) / 2),
)
const outcomes = fc.record({
  itemId: fc.constantFrom('i0', 'i1', 'i2', 'i3', 'elsewhere'),
  type: fc.constantFrom('view', 'shown', 'view', 'view', 'click', 'like', 'love', 'dwell'),
  occurredAtMs: times,
  position: fc.option(fc.integer({ min: -1, max: 5 })),
})
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('prediction' as const),
      request: requests,
      user: users,
      atMs: times,
      items: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('outcome' as const),
      source: fc.integer({ min: 1, max: 2 }),
      outcome: outcomes,
      to: requests,
      user: users,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mature' as const), atMs: times }) },
)

function predictionOf({ request, user, atMs, items }: Step & { kind: 'prediction' }): Prediction {
  return samplePrediction({
    requestId: `r${String(request)}`,
    userId: `u${String(user)}`,
    occurredAtMs: atMs,
    items: Array.from({ length: items }, (_, at) => ({
      itemId: `i${String(at)}`,
      vector: at === 2 ? null : [at],
    })),
  })
}

function movedOn(step: Step, number: number): Step {
  const requestsMore = Math.floor(number * REQUESTS_PER_STEP)
  const msMore = number * MS_PER_STEP
  switch (step.kind) {
    case 'prediction':
      return { ...step, request: step.request + requestsMore, atMs: step.atMs + msMore }
    case 'outcome': {
      const outcome = { ...step.outcome, occurredAtMs: step.outcome.occurredAtMs + msMore }
      return { ...step, outcome, to: step.to + requestsMore }
    }
    case 'mature':
      return { ...step, atMs: step.atMs + msMore }
  }
}

/** As the stage does: some at a time, each slice with what it needs read from where it was put. */
function matureInSlices(
  window: JoinWindow,
  kept: Map<number, Prediction>,
  atMs: number,
  slice: number,
): Matured {
  const all: Matured = { examples: [], predictions: 0, shownLate: 0, unmatched: 0 }
  for (;;) {
    const due = window.due(atMs, slice)
    const { examples, ...counts } = window.settle(
      due,
      due.needed.map((one) => kept.get(one.kept.chunk)!),
    )
    all.examples.push(...examples)
    for (const name of ['predictions', 'shownLate', 'unmatched'] as const) all[name] += counts[name]
    if (due.untilMs === atMs) return all
  }
}

it('does what a simple one does, in whatever order records come', () => {
  let matured = 0
  const property = fc.property(
    fc.array(steps, { minLength: 1, maxLength: 150, size: 'max' }),
    fc.integer({ min: 1, max: 4 }),
    fc.boolean(),
    (all, slice, inOrder) => {
      const kept = new Map<number, Prediction>()
      const common = { ...BOUNDS, rules, shownWithinMs: 2 * MINUTE, graceMs: MINUTE / 2 }
      const window = createJoinWindow({
        ...common,
        sources: SOURCES,
        release: ({ chunk }) => void kept.delete(chunk),
      })
      const simple = createSimpleJoinWindow(common)
      let streamMs = -Infinity
      for (const [number, drawn] of all.entries()) {
        const step = movedOn(drawn, number)
        const offset = inOrder ? number : (number * 7) % 40
        if (step.kind === 'mature') {
          streamMs = Math.max(streamMs, step.atMs)
          const expected = simple.mature(streamMs)
          expect(matureInSlices(window, kept, streamMs, slice)).toEqual(expected)
          matured += expected.examples.length
        } else if (step.kind === 'prediction') {
          const prediction = predictionOf(step)
          const at = { source: 'predictions', offset }
          const keep = () => {
            kept.set(number, prediction)
            return { chunk: number, offset: 0, bytes: 1 }
          }
          expect(window.prediction(prediction, at, keep)).toBe(simple.prediction(prediction, at))
        } else {
          const outcome = {
            ...step.outcome,
            requestId: `r${String(step.to)}`,
            userId: `u${String(step.user)}`,
          }
          const at = { source: SOURCES[step.source]!, offset }
          expect(window.outcome(outcome, at)).toBe(simple.outcome(outcome, at))
        }
        const stateOf = (nextDueMs: number, count: number, needed: (source: string) => number | undefined) =>
          [nextDueMs, count, ...SOURCES.map(needed)].join()
        const expected = stateOf(simple.nextDueMs(), simple.pendingCount(), simple.neededOffset)
        const found = stateOf(window.nextDueMs, window.pendingCount, window.neededOffset)
        if (found !== expected || kept.size !== window.pendingCount)
          expect([found, kept.size]).toEqual([expected, window.pendingCount])
      }
    },
  )
  fc.assert(property, { numRuns: 500, seed: 24, endOnFailure: true })
  expect(matured).toBeGreaterThan(1_000)
})
