import { expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { createGbdt } from '../gbdt.ts'
import { gbdtConfigSchema } from './settings.ts'

it.each([2, 3])('%i threads grow the trees that one grows, and end with the fit', async (threads) => {
  const [count, width] = [3_000, 40]
  const chance = createChance(1)
  const vectors = Float32Array.from({ length: count * width }, () => chance())
  const labels = Uint8Array.from({ length: count }, (_, row) => Number(chance() < vectors[row * width]!))
  const rows = { count, width, vectors, labels }
  const options = { seed: 1, signal: new AbortController().signal, progress: () => undefined }
  const fit = (settings: object) =>
    createGbdt(gbdtConfigSchema.parse({ trees: 30, ...settings }), { width, graphName: 'g' }).fit(
      rows,
      options,
    )
  expect((await fit({ threads })).onnx).toEqual((await fit({})).onnx)
})
