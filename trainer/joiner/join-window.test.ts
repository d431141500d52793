import { describe, expect, it } from 'vitest'
import { samplePrediction } from '../testing/sample-predictions.ts'
import { createLabelRules } from './label-rules.ts'
import { DUE, i, MINUTE, outcome, p, prediction, setUp, T0 } from './testing/sample-window.ts'

describe('labels', () => {
  it('come from what was shown: 1 for a positive within the horizon, 0 without, no example when nobody saw it', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    window.outcome(outcome('r', 'a', 'view'), i(0))
    window.outcome(outcome('r', 'b', 'view'), i(1))
    window.outcome(outcome('r', 'b', 'click', 5_000), i(2))
    window.outcome(outcome('r', 'c', 'click', 5_000), i(3))
    const { examples } = window.mature(DUE)
    expect(examples.map(({ exampleId, labels }) => [exampleId, labels])).toEqual([
      [
        'p:r/a',
        [
          { name: 'click', value: 0 },
          { name: 'like', value: 0 },
        ],
      ],
      [
        'p:r/b',
        [
          { name: 'click', value: 1 },
          { name: 'like', value: 0 },
        ],
      ],
    ])
    expect(examples[0]).toMatchObject({ maturedAtMs: DUE, occurredAtMs: T0, rank: 0, modelId: 'm1' })
  })

  it('count at their horizon and not one millisecond past it, each label at its own', () => {
    const labelsAfter = (type: string, afterMs: number) => {
      const window = setUp()
      window.prediction(prediction('r', T0, ['a']), p(0))
      window.outcome(outcome('r', 'a', 'view'), i(0))
      window.outcome(outcome('r', 'a', type, afterMs), i(1))
      return window.mature(DUE).examples[0]!.labels.map(({ value }) => value)
    }
    expect(labelsAfter('click', 10 * MINUTE)).toEqual([1, 0])
    expect(labelsAfter('click', 10 * MINUTE + 1)).toEqual([0, 0])
    expect(labelsAfter('love', 5 * MINUTE)).toEqual([0, 1])
    expect(labelsAfter('love', 5 * MINUTE + 1)).toEqual([0, 0])
  })

  it('need a vector', () => {
    const window = setUp()
    const items = [{ itemId: 'a', vector: null }, { itemId: 'b' }]
    window.prediction(samplePrediction({ requestId: 'r', occurredAtMs: T0, items }), p(0))
    for (const [at, item] of ['a', 'b'].entries()) window.outcome(outcome('r', item, 'view'), i(at))
    expect(window.mature(DUE).examples.map(({ itemId }) => itemId)).toEqual(['b'])
  })

  it('come with the place that the earliest showing tells, whoever is read first', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    const told = (itemId: string, type: string, afterMs: number, position: number | null) =>
      void window.outcome({ ...outcome('r', itemId, type, afterMs), position }, i(0))
    told('a', 'click', 1, 9)
    told('a', 'view', 5, 4)
    told('a', 'view', 2, 3)
    told('a', 'view', 0, null)
    told('b', 'view', 0, null)
    expect(window.mature(2 * DUE).examples.map(({ position }) => position)).toEqual([3, null])
  })

  it('are the same when outcomes come before their prediction', () => {
    const window = setUp()
    expect(window.outcome(outcome('r', 'a', 'view'), i(0))).toBe('held')
    expect(window.outcome(outcome('r', 'a', 'click', 9), i(1))).toBe('held')
    window.prediction(prediction('r'), p(0))
    expect(window.mature(DUE).examples[0]!.labels[0]).toEqual({ name: 'click', value: 1 })
  })
})

describe('an outcome of another user', () => {
  const stranger = (type: string, afterMs = 0) => ({
    ...outcome('r', 'a', type, afterMs),
    userId: 'stranger',
  })

  it('is no label, whether it comes before the prediction or after it, and is counted', () => {
    const window = setUp()
    expect(window.outcome(stranger('click', 1), i(0))).toBe('held')
    window.prediction(prediction('r'), p(0))
    window.outcome(outcome('r', 'a', 'view'), i(1))
    expect(window.outcome(stranger('click', 2), i(2))).toBe('wrong_user')
    const { examples, unmatched } = window.mature(T0 + 60 * MINUTE)
    expect(examples.map(({ labels }) => labels[0]!.value)).toEqual([0])
    expect(unmatched).toBe(1)
  })

  it('does not take those of the right user with it', () => {
    const window = setUp()
    window.outcome(stranger('click', 1), i(0))
    window.outcome(outcome('r', 'a', 'view'), i(1))
    window.outcome(outcome('r', 'a', 'click', 2), i(2))
    window.prediction(prediction('r'), p(0))
    expect(window.mature(DUE).examples.map(({ labels }) => labels[0]!.value)).toEqual([1])
  })
})

describe('what was shown late', () => {
  const labelled = (shownAfterMs: number, clickAfterMs: number) => {
    const window = setUp()
    window.prediction(prediction('r', T0, ['a']), p(0))
    window.outcome(outcome('r', 'a', 'view', shownAfterMs), i(0))
    window.outcome(outcome('r', 'a', 'click', clickAfterMs), i(1))
    const { examples, shownLate } = window.mature(T0 + 60 * MINUTE)
    return { clicks: examples.map(({ labels }) => labels[0]!.value), shownLate }
  }

  it('has its whole horizon from the showing on', () => {
    expect(labelled(9 * MINUTE, 15 * MINUTE)).toEqual({ clicks: [1], shownLate: 0 })
    expect(labelled(9 * MINUTE, 19 * MINUTE)).toEqual({ clicks: [1], shownLate: 0 })
    expect(labelled(9 * MINUTE, 19 * MINUTE + 1)).toEqual({ clicks: [0], shownLate: 0 })
  })

  it('of an item that was never ranked ends nothing', () => {
    const window = setUp()
    window.prediction(prediction('r', T0, ['a']), p(0))
    window.outcome(outcome('r', 'elsewhere', 'view'), i(0))
    window.outcome(outcome('r', 'a', 'view', MINUTE), i(1))
    expect(window.mature(DUE)).toMatchObject({ examples: [], predictions: 0 })
    expect(window.mature(DUE + MINUTE)).toMatchObject({ examples: [{ itemId: 'a' }], predictions: 1 })
  })

  it('is an example at the bound after the request; one past it is none, and is counted', () => {
    expect(labelled(10 * MINUTE, 11 * MINUTE)).toEqual({ clicks: [1], shownLate: 0 })
    expect(labelled(10 * MINUTE + 1, 11 * MINUTE)).toEqual({ clicks: [], shownLate: 1 })
  })

  it('matures item by item, each at its showing + horizon + grace, and once', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    window.outcome(outcome('r', 'a', 'view'), i(0))
    window.outcome(outcome('r', 'b', 'view', 8 * MINUTE), i(1))
    const ids = (afterMinutes: number) =>
      window
        .mature(T0 + afterMinutes * MINUTE)
        .examples.map(({ itemId, maturedAtMs }) => [itemId, maturedAtMs])
    expect(ids(11)).toEqual([['a', DUE]])
    expect(window.nextDueMs).toBe(DUE + 8 * MINUTE)
    expect(window.neededOffset('interactions')).toBe(0)
    expect(window.outcome(outcome('r', 'a', 'click', MINUTE), i(2))).toBe('late')
    expect(ids(19)).toEqual([['b', DUE + 8 * MINUTE]])
    expect(window.pendingCount).toBe(0)
  })

  it('is counted, too, when it is told after its prediction has left', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    window.mature(T0 + 60 * MINUTE)
    expect(window.outcome(outcome('r', 'a', 'view', 50 * MINUTE), i(0))).toBe('shown_late')
    expect(window.outcome(outcome('r', 'a', 'click', 51 * MINUTE), i(1))).toBe('late')
  })
})

describe('maturing', () => {
  it('happens at the showing + horizon + grace, not one millisecond before', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    window.outcome(outcome('r', 'a', 'view'), i(0))
    expect(window.nextDueMs).toBe(DUE)
    expect(window.mature(DUE - 1).examples).toEqual([])
    expect(window.mature(DUE).examples).toHaveLength(1)
    expect(window.nextDueMs).toBe(Infinity)
  })

  it('goes by prediction time, then id, whatever the order of reading', () => {
    const window = setUp()
    for (const [at, [id, afterMs]] of (
      [
        ['z', 0],
        ['b', 5],
        ['a', 5],
        ['c', 1],
      ] as const
    ).entries()) {
      window.prediction(prediction(id, T0 + afterMs), p(at))
      window.outcome(outcome(id, 'a', 'view', afterMs), i(at))
    }
    expect(window.mature(DUE + 5).examples.map(({ requestId }) => requestId)).toEqual(['z', 'c', 'a', 'b'])
  })

  it.each([
    ['longer than the time to be shown', 60, 10],
    ['shorter than the time to be shown', 5, 30],
  ])('waits for what is told late as long as its labels are open: a horizon %s', (_name, horizon, shown) => {
    const click = { positive: ['click'], shown: ['view'], horizonMinutes: horizon }
    const window = setUp({ rules: createLabelRules({ click }), shownWithinMs: shown * MINUTE })
    window.prediction(prediction('r', T0, ['a', 'b']), p(0))
    const untilMs = T0 + (Math.max(horizon, shown) + 1) * MINUTE
    expect(window.mature(untilMs - 1)).toMatchObject({ examples: [], predictions: 0 })
    expect(window.neededOffset('predictions')).toBe(0)
    expect(window.outcome(outcome('r', 'a', 'view', 4 * MINUTE), i(0))).toBe('joined')
    expect(window.outcome(outcome('r', 'a', 'click', 4 * MINUTE), i(1))).toBe('joined')
    const { examples } = window.mature(T0 + 2 * 60 * MINUTE)
    expect(examples.map(({ itemId, labels }) => [itemId, labels[0]!.value])).toEqual([['a', 1]])
  })

  it('is over at the end of all time', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    window.outcome(outcome('nobody', 'a', 'view'), i(0))
    expect(window.mature(Infinity)).toMatchObject({ predictions: 1, unmatched: 1 })
    expect(window.nextDueMs).toBe(Infinity)
  })

  it('counts late outcomes and drops them', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    window.mature(DUE)
    expect(window.outcome(outcome('r', 'a', 'view'), i(0))).toBe('late')
    expect(window.pendingCount).toBe(0)
  })

  it('lets the first record of a prediction count, also after it matured', () => {
    const window = setUp()
    window.prediction(prediction('r', T0, ['a']), p(0))
    expect(window.prediction(prediction('r', T0, ['b']), p(1))).toBe('duplicate')
    window.outcome(outcome('r', 'a', 'view'), i(0))
    expect(window.mature(DUE).examples.map(({ itemId }) => itemId)).toEqual(['a'])
    expect(window.prediction(prediction('r', T0, ['b']), p(2))).toBe('duplicate')
  })

  it('forgets outcomes whose prediction never came, and says how many', () => {
    const window = setUp()
    window.outcome(outcome('nobody', 'a', 'view'), i(0))
    window.outcome(outcome('nobody', 'b', 'view', 10), i(1))
    expect(window.mature(DUE + 9).unmatched).toBe(0)
    expect(window.mature(DUE + 10).unmatched).toBe(2)
    expect(window.neededOffset('interactions')).toBeUndefined()
  })
})
