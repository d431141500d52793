import { expect, it } from 'vitest'
import { createSetAwaited } from './set-awaited.ts'

const noted = (awaited: ReturnType<typeof createSetAwaited>, featureSetId: string, count: number) =>
  Array.from({ length: count }, () => awaited.note(featureSetId)).filter((change) => change !== undefined)

it('says once that all examples are of another set, and once that the configured one has come', () => {
  const awaited = createSetAwaited('fs-new')
  expect(noted(awaited, 'fs-old', 99)).toEqual([])
  const [told, ...more] = noted(awaited, 'fs-old', 500)
  expect(more).toEqual([])
  expect(told).toMatchObject({ kind: 'awaited' })
  expect(JSON.stringify(told)).toMatch(/feature set fs-new .* examples come of fs-old.*replay list/)
  expect(noted(awaited, 'fs-new', 300)).toEqual([{ kind: 'came' }])
})

it('is silent while both come, as when scorers are restarted one after the other', () => {
  const awaited = createSetAwaited('fs-new')
  for (let round = 0; round < 20; round++) {
    expect(noted(awaited, 'fs-old', 99)).toEqual([])
    expect(noted(awaited, 'fs-new', 1)).toEqual([])
  }
})
