import { expect, it } from 'vitest'
import type { ProvableModel } from '../export/provable-model.ts'
import { learnerChoiceSchema } from '../learners/choice.ts'
import type { FitRequest } from './fit-model.ts'
import { createWarmFits } from './warm-fits.ts'

const options = { signal: new AbortController().signal, progress: () => undefined }
const requestOf = (count: number): FitRequest => ({
  choice: learnerChoiceSchema.parse({ use: 'gbdt' }),
  task: { width: 1, graphName: 'g' },
  rows: { count, width: 1, vectors: new Float32Array(count), labels: new Uint8Array(count) },
  seed: 1,
  goldenVectors: new Float32Array(1),
})

/** Models are files of their number; those of `failing` fail. */
function started(anewShare: number, failing: readonly number[] = []) {
  const asked: (number | 'anew')[] = []
  const fits = createWarmFits(
    {
      fit({ startFrom }) {
        const number = asked.push(startFrom === undefined ? 'anew' : startFrom[0]!) - 1
        if (failing.includes(number)) return Promise.reject(new Error('no'))
        return Promise.resolve({ onnx: Uint8Array.of(number) } as ProvableModel)
      },
    },
    anewShare,
  )
  return { asked, fits, fit: (rows: number, seen: number) => fits.fit(requestOf(rows), seen, options) }
}

it('begins anew when enough is new, and otherwise goes on from the last that did', async () => {
  const { asked, fit } = started(0.1)
  for (const seen of [100, 105, 109, 110, 120, 121]) await fit(seen, seen)
  expect(asked).toEqual(['anew', 0, 0, 'anew', 3, 'anew'])
})

it('counts what is new by the rows of the window, however many came before', async () => {
  const { asked, fit } = started(0.1)
  for (const seen of [1_000, 1_009, 1_010]) await fit(100, seen)
  expect(asked).toEqual(['anew', 0, 'anew'])
})

it('begins anew each time without a share, and when it is told to', async () => {
  const always = started(0)
  for (const seen of [100, 100]) await always.fit(100, seen)
  expect(always.asked).toEqual(['anew', 'anew'])
  const { asked, fit, fits } = started(0.5)
  await fit(100, 100)
  fits.forget()
  await fit(100, 101)
  expect(asked).toEqual(['anew', 'anew'])
})

it('does without a model that did not come', async () => {
  const { asked, fit } = started(0.1, [0])
  const failed = expect(fit(100, 100)).rejects.toThrow('no')
  await fit(101, 101)
  await failed
  expect(asked).toEqual(['anew', 'anew'])
})

it('decides by numbers alone while an earlier fit still runs', async () => {
  const ends: (() => void)[] = []
  const asked: FitRequest[] = []
  const fits = createWarmFits(
    {
      fit(request) {
        asked.push(request)
        return new Promise((resolve) =>
          ends.push(() => resolve({ onnx: Uint8Array.of(asked.indexOf(request)) } as ProvableModel)),
        )
      },
    },
    0.1,
  )
  const fitted = [100, 105, 111].map((seen) => fits.fit(requestOf(seen), seen, options))
  expect(asked.map(({ rows }) => rows.count)).toEqual([100, 111])
  ends[0]!()
  await fitted[0]
  await new Promise((resolve) => setImmediate(resolve))
  expect(asked.map(({ rows, startFrom }) => [rows.count, startFrom?.[0]])).toEqual([
    [100, undefined],
    [111, undefined],
    [105, 0],
  ])
})
