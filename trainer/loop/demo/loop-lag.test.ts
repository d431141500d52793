import { expect, it } from 'vitest'
import { lagOf, offsetsText, STAGES_THAT_LAG, type LoopOffsets } from './loop-lag.ts'

const offsets = (
  committed: Record<string, [number, number][]>,
  ends: Record<string, [number, number][]>,
): LoopOffsets => ({
  committed: (stage, topic) => new Map(committed[`${stage}/${topic}`] ?? []),
  ends: (topic) => new Map(ends[topic] ?? []),
})

it('counts what was not committed, partitions without a commit included', () => {
  const some = offsets(
    { 'scorer/requests': [[0, 7]] },
    {
      requests: [
        [0, 10],
        [1, 5],
      ],
    },
  )
  expect(lagOf('scorer', some)).toBe(3 + 5)
  expect(lagOf('learner', some)).toBe(0)
})

it('adds up all sources of a stage', () => {
  expect(
    lagOf('joiner', offsets({}, { predictions: [[0, 2]], interactions: [[0, 3]], outcomes: [[0, 0]] })),
  ).toBe(5)
  expect(STAGES_THAT_LAG).not.toContain('joiner')
})

it('tells a loop that moves from one that rests', () => {
  const before = offsets({ 'joiner/predictions': [[0, 1]] }, { predictions: [[0, 2]] })
  const after = offsets({ 'joiner/predictions': [[0, 2]] }, { predictions: [[0, 2]] })
  expect(offsetsText(before)).toBe(offsetsText(before))
  expect(offsetsText(before)).not.toBe(offsetsText(after))
})
