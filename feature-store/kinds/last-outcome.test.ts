import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { MISSING } from '../contract.ts'
import { featureRow } from '../testing/feature-row.ts'
import { lastOutcome } from './index.ts'

const features = [lastOutcome({ entity: 'user', of: ['click', 'like'], per: ['view'] })]

/** null when missing. */
function outcome(...happened: [type: string, minute: number][]): number | null {
  const [value, flags] = featureRow({ features }, { happened })['user_last_view_had_click+like']!
  return flags === MISSING ? null : value
}

describe('last outcome', () => {
  it('is missing before the first trial, whatever else happened', () => {
    expect(outcome()).toBeNull()
    expect(outcome(['click', 1], ['hide', 2])).toBeNull()
  })

  it('is that of the newest trial', () => {
    expect(outcome(['view', 1])).toBe(0)
    expect(outcome(['view', 1], ['click', 1])).toBe(1)
    expect(outcome(['view', 1], ['like', 2], ['view', 3])).toBe(0)
    expect(outcome(['view', 1], ['view', 3], ['like', 4])).toBe(1)
  })

  it('goes by event time: what came before the newest trial is not its outcome', () => {
    expect(outcome(['view', 5], ['click', 4])).toBe(0)
    expect(outcome(['view', 5], ['click', 6], ['view', 4])).toBe(1)
  })

  it('refuses a type on both sides', () => {
    const wrong = [lastOutcome({ entity: 'user', of: ['view'], per: ['view'] })]
    expect(() => parseFeatureStoreConfig({ features: wrong })).toThrow(
      'features.0.per: view is in of, too: it cannot be trial and success at once',
    )
  })
})
