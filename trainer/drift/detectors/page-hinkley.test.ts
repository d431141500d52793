import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pageHinkley } from './page-hinkley.ts'

interface RiverRun {
  options: { min_instances?: number; delta?: number; threshold?: number; alpha?: number; mode?: string }
  fired: number[]
}
const reference = JSON.parse(
  readFileSync(new URL('../reference/page-hinkley.json', import.meta.url), 'utf8'),
) as {
  streams: { name: string; values: number[]; runs: RiverRun[] }[]
  generated: { seed: number; segments: [number, number][]; runs: RiverRun[] }[]
}

function create({ min_instances: valuesMin, ...options }: RiverRun['options'] = {}) {
  return pageHinkley.create({ name: 'page-hinkley', valuesMin, ...options })
}

/** The linear congruential generator of reference/page-hinkley_reference.py. */
function levels(seed: number, segments: readonly (readonly [number, number])[]): number[] {
  let state = seed
  return segments.flatMap(([count, level]) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return level + state / 2 ** 32 - 0.5
    }),
  )
}

describe('Page-Hinkley fires where River fires', () => {
  const cases = [
    ...reference.streams.flatMap(({ name, values, runs }) => runs.map((run) => ({ name, values, run }))),
    ...reference.generated.flatMap(({ seed, segments, runs }) =>
      runs.map((run) => ({ name: JSON.stringify(segments), values: levels(seed, segments), run })),
    ),
  ].map((one) => ({ ...one, name: `${one.name}, ${JSON.stringify(one.run.options)}` }))

  it.each(cases)('$name', ({ values, run }) => {
    const detector = create(run.options)
    const fired = values.flatMap((value, index) => (detector.update(value).kind === 'drift' ? [index] : []))
    expect(fired).toEqual(run.fired)
  })

  it('at the index that its documentation names', () => {
    const [documented] = reference.streams
    expect(documented!.runs[0]).toEqual({ options: {}, fired: [1006] })
  })
})

it.each([
  [0, 0.5],
  [0.5, 0],
])('says what the means were, and about when they changed, from %d to %d', (from, to) => {
  const detector = create({ delta: 0.1 })
  const stream = levels(5, [
    [1_000, from],
    [1_000, to],
  ])
  const verdicts = stream.map((value) => detector.update(value))
  const index = verdicts.findIndex(({ kind }) => kind === 'drift')
  const verdict = verdicts[index]!
  const cut = verdict.kind === 'drift' ? verdict.cut! : undefined
  expect(cut!.before).toBeCloseTo(from, 1)
  expect(cut!.after).toBeCloseTo(to, 1)
  expect(cut!.beforeCount + cut!.afterCount).toBe(index + 1)
  expect(Math.abs(cut!.beforeCount - 1_000)).toBeLessThan(20)
})
