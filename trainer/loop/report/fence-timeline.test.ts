import { expect, it } from 'vitest'
import { createFenceTimeline } from './fence-timeline.ts'

it('knows when the fence was first seen past a record', () => {
  const timeline = createFenceTimeline()
  timeline.seen(0, 0, 100)
  timeline.seen(0, 5, 120)
  timeline.seen(0, 5, 140)
  timeline.seen(0, 9, 160)
  timeline.seen(1, 50, 100)
  expect([0, 4, 5, 8].map((offset) => timeline.passedAtMs(0, offset))).toEqual([120, 120, 160, 160])
  expect(timeline.passedAtMs(0, 9)).toBeUndefined() // not seen yet
  expect(timeline.passedAtMs(1, 10)).toBeUndefined() // passed before anyone looked
  expect(timeline.passedAtMs(2, 0)).toBeUndefined()
})
