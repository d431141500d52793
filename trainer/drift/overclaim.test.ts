import { expect, it } from 'vitest'
import { clickedStream, type ClickedStreamOptions } from '../testing/clicked-stream.ts'
import { createAdwin } from './detectors/adwin.ts'
import { createOverclaim } from './overclaim.ts'

const STEADY: ClickedStreamOptions = { seed: 5, examples: 60_000, rhythm: 0, examplesPerDay: 30_000 }

function meanOver(options: ClickedStreamOptions): number {
  const overclaim = createOverclaim()
  let sum = 0
  for (const { score, label, modelId } of clickedStream(options)) sum += overclaim.of(score, label, modelId)
  return sum / options.examples
}

it('is 0 while scores are true, whatever the model knows', () => {
  for (const known of [0.2, 0.6, 1]) {
    expect(Math.abs(meanOver({ ...STEADY, served: () => ({ modelId: 'm', known }) }))).toBeLessThan(0.004)
  }
})

it('hardly answers to a click rate that is half or double what was learned', () => {
  for (const atNight of [-0.7, 0.7]) {
    // A day so long that the rhythm stands still at its top or bottom.
    expect(Math.abs(meanOver({ ...STEADY, rhythm: atNight, examplesPerDay: 1e9 }))).toBeLessThan(0.012)
  }
})

it('rises when tastes turn', () => {
  const halfTurned = meanOver({ ...STEADY, turn: { atExample: 0, tastesKept: 0.6 } })
  const turned = meanOver({ ...STEADY, turn: { atExample: 0, tastesKept: 0 } })
  expect(halfTurned).toBeGreaterThan(0.025)
  expect(turned).toBeGreaterThan(2 * halfTurned)
})

it('is finite and bounded, whatever the score', () => {
  const overclaim = createOverclaim()
  for (const score of [0.5, 0, 1, 1e-300, 1 - 1e-16, 0, 1]) {
    for (const label of [0, 1]) expect(Math.abs(overclaim.of(score, label, 'm'))).toBeLessThanOrEqual(4)
  }
})

it('follows a bounded number of models', () => {
  const overclaim = createOverclaim()
  overclaim.of(0.1, 0, 'first')
  for (let model = 0; model < 8; model++) overclaim.of(0.1, 0, `m${model}`)
  // Forgotten: its first example again has nothing to be compared with.
  expect(overclaim.of(0.9, 0, 'first')).toBe(0)
})

it('does not rise and fall with the hour, as log-loss and plain excess loss do', () => {
  const risesOf = (valueOf: (score: number, label: number, modelId: string) => number) => {
    const adwin = createAdwin({
      delta: 0.002,
      clock: 32,
      maxBuckets: 5,
      minWindowLength: 200,
      gracePeriod: 500,
    })
    let rises = 0
    for (const { score, label, modelId } of clickedStream({ ...STEADY, examples: 200_000, rhythm: 0.35 })) {
      const cut = adwin.update(valueOf(score, label, modelId))
      if (cut !== undefined && cut.after > cut.before) rises += 1
    }
    return rises
  }
  expect(risesOf((score, label) => -Math.log(label === 1 ? score : 1 - score))).toBeGreaterThan(5)
  expect(risesOf((score, label) => (score - label) * Math.log(score / (1 - score)))).toBeGreaterThan(5)
  const overclaim = createOverclaim()
  expect(risesOf((score, label, modelId) => overclaim.of(score, label, modelId))).toBe(0)
})
