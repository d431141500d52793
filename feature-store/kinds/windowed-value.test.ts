import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { featureRow, ROW_START_MS, type FeatureRow } from '../testing/feature-row.ts'
import { windowedValue } from './index.ts'

type Happened = NonNullable<FeatureRow['happened']>
const KINDS = ['sum', 'mean', 'min', 'max'] as const
const features = KINDS.map((as) =>
  windowedValue({
    entity: 'item',
    of: ['view'],
    as,
    name: as,
    windowMinutes: 20,
    bucketMinutes: 5,
    scale: { divide: 100 },
  }),
)

const tileOf = (minute: number) => Math.floor((ROW_START_MS / 60_000 + minute) / 5)

/** Sum, mean, min, max at a minute, in hundredths; null: missing. */
function worth(happened: Happened, atMinute = 60): (number | null)[] {
  const row = featureRow({ features }, { happened, atMinute })
  return KINDS.map((as) => (row[`${as}__missing`]![0] === 1 ? null : row[as]![0] * 100))
}

describe('values in a window', () => {
  it('counts those of its types, up to the moment exactly, and lets go of them a tile at a time', () => {
    const happened: Happened = [['view', 39, 90], ['view', 45, 2], ['view', 59, -4], ['click', 59, 50], ['view', 60, null]] // prettier-ignore
    expect(worth(happened)).toEqual([-2, -1, -4, 2].map((one) => expect.closeTo(one, 4)))
    expect(worth(happened.slice(0, 2), 58)).toEqual([2, 2, 2, 2].map((one) => expect.closeTo(one, 4)))
    expect(worth(happened, 74)).toEqual([-4, -4, -4, -4].map((one) => expect.closeTo(one, 4)))
    expect(worth(happened, 79)).toEqual([null, null, null, null])
    expect(worth([['view', 1, null]])).toEqual([null, null, null, null])
  })

  it('comes to the same in any order, against a list of all values', () => {
    const events = fc.array(fc.tuple(fc.integer({ min: 0, max: 70 }), fc.integer({ min: -9, max: 9 })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (told, chance) => {
        const shuffled = [...told].sort(() => chance.next().value! - 0.5)
        const at = (list: typeof told) =>
          worth(
            list.map(([minute, value]) => ['view', minute, value]),
            70,
          )
        const inWindow = told.filter(([minute]) => tileOf(minute) > tileOf(70) - 4).map(([, value]) => value)
        const sum = inWindow.reduce((total, value) => total + value, 0)
        const expected =
          inWindow.length === 0
            ? [null, null, null, null]
            : [sum, sum / inWindow.length, Math.min(...inWindow), Math.max(...inWindow)].map((one) =>
                expect.closeTo(one, 3),
              )
        expect(at(told)).toEqual(expected)
        expect(at(shuffled)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses a window that is no whole number of tiles', () => {
    const odd = windowedValue({ entity: 'user', of: ['view'], as: 'sum', windowMinutes: 7, bucketMinutes: 2 })
    expect(() => parseFeatureStoreConfig({ features: [odd] })).toThrow('must divide windowMinutes (7)')
  })
})
