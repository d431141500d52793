import { expect, it } from 'vitest'
import { detectorConformance } from '../../testing/detector-conformance.ts'
import { createDetector, DETECTORS, watches } from './index.ts'

for (const kind of DETECTORS) detectorConformance(kind)

it('are each listed once', () => {
  expect(new Set(DETECTORS.map(({ name }) => name)).size).toBe(DETECTORS.length)
})

it('are made by their names, for losses and for the values of a feature alike', () => {
  for (const { name, slots } of DETECTORS) {
    expect(createDetector({ name }).name).toBe(name)
    for (const slot of slots) expect(watches(name, slot)).toBe(true)
  }
})

it('go on from what they saved', () => {
  const detector = createDetector({ name: 'adwin', clock: 1 })
  detector.update(0.25)
  const again = createDetector({ name: 'adwin', clock: 1 }, detector.save())
  expect(again.update(0.75)).toEqual({ kind: 'quiet', mean: 0.5 })
})
