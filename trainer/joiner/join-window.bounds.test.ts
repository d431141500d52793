import { describe, expect, it } from 'vitest'
import { DUE, i, outcome, p, prediction, setUp, T0 } from './testing/sample-window.ts'

describe('offsets still needed', () => {
  it('are those of the oldest record that waits, per source', () => {
    const window = setUp()
    expect(window.neededOffset('predictions')).toBeUndefined()
    window.prediction(prediction('r1'), p(4))
    window.prediction(prediction('r2', T0 + 1), p(5))
    window.outcome(outcome('r2', 'a', 'view'), i(7))
    window.outcome(outcome('r1', 'a', 'view'), i(8))
    window.outcome(outcome('r3', 'a', 'view', 2), i(9))
    expect([window.neededOffset('predictions'), window.neededOffset('interactions')]).toEqual([4, 7])
    window.mature(DUE)
    expect([window.neededOffset('predictions'), window.neededOffset('interactions')]).toEqual([5, 7])
    window.mature(DUE + 1)
    expect([window.neededOffset('predictions'), window.neededOffset('interactions')]).toEqual([undefined, 9])
  })

  it('do not hold on to types that are no label', () => {
    const window = setUp()
    window.prediction(prediction('r'), p(0))
    expect(window.outcome(outcome('r', 'a', 'dwell'), i(0))).toBe('ignored')
    expect(window.neededOffset('interactions')).toBeUndefined()
  })
})

describe('bounds', () => {
  it('of pending predictions: at the bound it fits, one more does not', () => {
    const window = setUp({ pendingPredictionsMax: 2 })
    expect(window.boundReached(2)).toBeUndefined()
    expect(window.boundReached(3)).toBe('pendingPredictionsMax')
    const verdicts = ['r1', 'r2', 'r3'].map((id, at) => window.prediction(prediction(id), p(at)))
    expect(verdicts).toEqual(['joined', 'joined', 'overflowed'])
  })

  it('of early outcomes', () => {
    const window = setUp({ earlyOutcomesMax: 2 })
    const verdicts = ['a', 'b', 'c'].map((id, at) => window.outcome(outcome('r', id, 'view'), i(at)))
    expect(verdicts).toEqual(['held', 'held', 'overflowed'])
  })

  it('of remembered ids: the oldest is forgotten', () => {
    const window = setUp({ rememberedPredictionsMax: 1 })
    window.prediction(prediction('r1'), p(0))
    window.prediction(prediction('r2', T0 + 1), p(1))
    window.mature(DUE + 1)
    expect(window.outcome(outcome('r2', 'a', 'view'), i(0))).toBe('late')
    expect(window.outcome(outcome('r1', 'a', 'view'), i(1))).toBe('held')
  })
})
