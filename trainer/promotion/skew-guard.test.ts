import { describe, expect, it } from 'vitest'
import type { DriftEvent } from '#schemas'
import { createSkewGuard } from './skew-guard.ts'

const MINUTE_MS = 60_000
const told = (after: number, detectedAtMs: number, monitor = 'skew'): DriftEvent => ({
  ...{
    monitor,
    kind: 'skew',
    cause: '',
    detector: 'recompute',
    before: 0,
    after,
    examples: 2_000,
    modelId: '',
  },
  ...{ occurredAtMs: 0, detectedAtMs },
})

describe('promotion and skew', () => {
  const guard = () => createSkewGuard({ skewShareMax: 0.001, skewForgottenMinutes: 10 })

  it('refuses above the bound, in a sentence with both numbers', () => {
    const skew = guard()
    expect(skew.refusal(0)).toBeUndefined()
    skew.note(told(0.001, 0))
    expect(skew.refusal(0)).toBeUndefined()
    skew.note(told(0.0345, 0))
    expect(skew.refusal(MINUTE_MS)).toBe(
      '3.45 % of 2,000 served vectors differ from what the log gives, and promotion.skewShareMax is 0.10 %: `npx feedloop drift report` says which features.',
    )
  })

  it('takes it back when it is told to be over, or nobody has told for long', () => {
    const skew = guard()
    skew.note(told(0.5, 0))
    skew.note(told(0, MINUTE_MS, 'overclaim:click'))
    expect(skew.refusal(10 * MINUTE_MS)).toBeDefined()
    expect(skew.refusal(10 * MINUTE_MS + 1)).toBeUndefined()
    skew.note(told(0.5, 11 * MINUTE_MS))
    skew.note(told(0, 12 * MINUTE_MS))
    expect(skew.refusal(12 * MINUTE_MS)).toBeUndefined()
  })
})
