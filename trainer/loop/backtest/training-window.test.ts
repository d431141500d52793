import { describe, expect, it } from 'vitest'
import { rowsOf } from '../../learning/rows.ts'
import { sampleTrainingExample } from '../../testing/sample-training-example.ts'
import { createTrainingWindow } from './training-window.ts'

const WIDTH = 3
const examples = Array.from({ length: 40 }, (_, n) =>
  sampleTrainingExample({
    exampleId: `e${String(n)}`,
    vector: Float32Array.of(n, n / 7, -n),
    flags: Uint8Array.of(n % 2, 0, 2),
    label: n % 3 === 0 ? 1 : 0,
    itemId: `i${String(n % 5)}`,
    userId: `u${String(n % 7)}`,
    occurredAtMs: n * 1_000,
    propensity: 1 / (n + 1),
  }),
)

describe('the training window', () => {
  it('gives what rowsOf gives of the examples it keeps, wherever it is moved', () => {
    const window = createTrainingWindow({ width: WIDTH, windowMs: 10_000, lastMax: 4 })
    for (const [n, example] of examples.entries()) {
      window.add(example)
      window.moveTo(n * 1_000)
      const kept = examples.slice(Math.max(0, n - 10), n + 1)
      for (const halfLifeMinutes of [undefined, 1])
        expect(window.rows(halfLifeMinutes)).toEqual(rowsOf(kept, { width: WIDTH, halfLifeMinutes }))
      expect(window).toMatchObject({ length: kept.length, fromMs: kept[0]!.occurredAtMs, added: n + 1 })
      expect(window.last()).toEqual(examples.slice(Math.max(0, n - 3), n + 1))
    }
  })

  it('knows whether there is something to tell apart', () => {
    const window = createTrainingWindow({ width: WIDTH, windowMs: 1_000, lastMax: 4 })
    window.add(examples[0]!)
    expect(window.hasBothLabels).toBe(false)
    window.add(examples[1]!)
    expect(window.hasBothLabels).toBe(true)
    window.add(examples[2]!)
    window.moveTo(2_000)
    expect(window.hasBothLabels).toBe(false)
  })

  it('holds so many and no more', () => {
    const window = createTrainingWindow({ width: WIDTH, windowMs: Infinity, lastMax: 4, examplesMax: 10 })
    for (const example of examples.slice(0, 11)) window.add(example)
    expect(window).toMatchObject({ length: 10, crowdedOut: 1 })
    expect(window.rows(undefined)).toEqual(rowsOf(examples.slice(1, 11), { width: WIDTH }))
  })
})
