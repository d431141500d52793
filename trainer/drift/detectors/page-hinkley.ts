import { z } from 'zod'
import { defineDetector, type DriftCut } from '../detector.ts'

const settings = z.strictObject({
  name: z.literal('page-hinkley'),
  valuesMin: z.int().min(1).default(30).describe('no drift before so many values'),
  delta: z
    .number()
    .min(0)
    .default(0.005)
    .describe("how far values may lie off their mean without counting, in the values' unit"),
  threshold: z
    .number()
    .positive()
    .default(50)
    .describe("drift once so much has summed up, in the values' unit: 50 is 100 values that are 0.5 off"),
  alpha: z
    .number()
    .positive()
    .max(1)
    .default(1 - 0.0001)
    .describe('share of the sum that is kept at each value; 1 forgets nothing'),
  mode: z.enum(['up', 'down', 'both']).default('both').describe('which changes of the mean are told'),
})

/** How much there was up to the value at which a sum was at its end: what came later came after the change. */
const turnSchema = z.strictObject({ sum: z.number(), count: z.int().min(0), total: z.number() })
type Turn = z.output<typeof turnSchema>

const heldSchema = z.strictObject({
  count: z.int().min(0),
  mean: z.number(),
  total: z.number(),
  increase: z.number(),
  decrease: z.number(),
  lowest: turnSchema,
  highest: turnSchema,
})
type Held = z.output<typeof heldSchema>

const start = (): Held => ({
  count: 0,
  mean: 0,
  total: 0,
  increase: 0,
  decrease: 0,
  lowest: { sum: 0, count: 0, total: 0 },
  highest: { sum: 0, count: 0, total: 0 },
})

/**
 * Page-Hinkley: raises an alarm when the mean of a stream has risen, or fallen.
 *
 * Sums how far values exceed their running mean by more than `delta`, and how far they stay below it; alarms once a
 * sum has moved more than `threshold` away from its lowest, or highest, point. That point is where the change is taken
 * to have been; with a `delta` far below the change, chance may put it too early. After an alarm it starts over with the
 * next value. The arithmetic is that of River's detector, firing indices included.
 *
 * State: eleven numbers. Time: constant. Units of `delta` and `threshold`: those of the values.
 *
 * @example
 * const detector = pageHinkley.create({ name: 'page-hinkley', delta: 0.005, threshold: 50, valuesMin: 30 })
 * detector.update(0.3) // { kind: 'quiet' }
 *
 * @see E. S. Page (1954), Continuous Inspection Schemes, Biometrika 41, 100-115.
 */
export const pageHinkley = defineDetector({
  name: 'page-hinkley',
  slots: ['loss', 'input'],
  settings,
  held: heldSchema,
  start({ valuesMin, delta, threshold, alpha, mode }, saved) {
    let held = structuredClone(saved ?? start())

    function add(value: number): void {
      held.count += 1
      held.mean += (1 / held.count) * (value - held.mean)
      held.total += value
      const off = value - held.mean
      held.increase = alpha * held.increase + off - delta
      held.decrease = alpha * held.decrease + off + delta
      const { count, total, increase, decrease } = held
      if (count === 1 || increase < held.lowest.sum) held.lowest = { sum: increase, count, total }
      if (count === 1 || decrease > held.highest.sum) held.highest = { sum: decrease, count, total }
    }

    /** @returns where the change was, if there is one */
    function turned(): Turn | undefined {
      if (held.count < valuesMin) return undefined
      if (mode !== 'down' && held.increase - held.lowest.sum > threshold) return held.lowest
      if (mode !== 'up' && held.highest.sum - held.decrease > threshold) return held.highest
      return undefined
    }

    return {
      update(value) {
        add(value)
        const turn = turned()
        if (turn === undefined) return { kind: 'quiet' }
        const cut = cutAt(turn, held)
        held = start()
        return { kind: 'drift', cut }
      },
      save: () => structuredClone(held),
    }
  },
})

function cutAt(turn: Turn, { count, total }: Held): DriftCut {
  const afterCount = count - turn.count
  return {
    before: turn.total / turn.count,
    beforeCount: turn.count,
    after: (total - turn.total) / afterCount,
    afterCount,
  }
}
