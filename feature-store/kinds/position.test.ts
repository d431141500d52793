import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { featureRow } from '../testing/feature-row.ts'
import { asShown } from '../vectors/as-shown.ts'
import { age, listLength, position } from './index.ts'

const scaled = (place: number) => expect.closeTo(Math.log(place), 6) as number

describe('position', () => {
  it('is the same for every candidate that is served', () => {
    const served = (options: Parameters<typeof position>[0]) =>
      featureRow({ features: [position(options)] }, { others: [[], []] })['position']
    expect(served({})).toEqual([scaled(1), 0])
    expect(served({ serve: 7 })).toEqual([scaled(7), 0])
  })

  it('is where it was shown in what learners see, and nothing else is touched', () => {
    const features = [age({ entity: 'item' }), position({}), listLength({})]
    const featureSet = compileFeatureSet(parseFeatureStoreConfig({ features }))
    expect(featureSet.positions).toEqual([featureSet.names.indexOf('position')])
    const served = Float32Array.of(0.5, 0, 0.25, 0.75)
    expect([...asShown(featureSet, served, 0)]).toEqual([0.5, 0, scaled(1), 0.75])
    expect([...asShown(featureSet, served, 9)]).toEqual([0.5, 0, scaled(10), 0.75])
    expect([...served]).toEqual([0.5, 0, 0.25, 0.75])
  })

  it('stays as it was served when nobody told the place, or no feature asks for it', () => {
    const served = Float32Array.of(1)
    expect(asShown({ positions: [0] }, served, null)).toBe(served)
    expect(asShown({ positions: [] }, served, 3)).toBe(served)
    expect(asShown({}, served, 3)).toBe(served)
  })
})
