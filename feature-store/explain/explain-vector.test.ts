import { describe, expect, it } from 'vitest'
import { parseFeatureStoreConfig } from '../config.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { attribute, calendar, decayedCount, recency } from '../kinds/index.ts'
import { EntityState } from '../state/entity-state.ts'
import { fold } from '../state/fold.ts'
import { entityView } from '../vectors/entity-view.ts'
import { explainedTable } from './explain-text.ts'
import { explainVector } from './explain-vector.ts'
import { listText } from './list-text.ts'

const AT_MS = Date.UTC(2026, 0, 5, 12)
const featureSet = compileFeatureSet(
  parseFeatureStoreConfig({
    attributes: { user: {}, item: { category: 'text' } },
    features: [
      decayedCount({ entity: 'user', of: ['view'], name: 'views' }),
      decayedCount({ entity: 'user', of: ['click'], name: 'clicks' }),
      recency({ entity: 'user', of: ['click'], name: 'since', maxAgeMinutes: 30, default: 1 }),
      attribute({ entity: 'item', attribute: 'category', as: { oneHot: ['a', 'b', 'c', 'd', 'e'] } }),
      calendar({ of: 'hourOfDay' }),
    ],
  }),
)

function explained() {
  const { user: layout, item } = featureSet.layouts
  const state = new EntityState(layout)
  fold(layout, state, 'click', AT_MS - 45 * 60_000, 0)
  for (let n = 1; n < 8; n++) fold(layout, state, 'view', AT_MS - 60_000 * n, n)
  const known = {
    applied: 1,
    lastOffset: 0,
    firstAtMs: 0,
    firstValues: [],
    versions: [{ occurredAtMs: AT_MS - 86_400_000 * 3, values: ['b'] }],
  }
  const at = { atMs: AT_MS, stale: false }
  return explainVector(featureSet, {
    user: entityView(layout, state, null, { id: 'u', ...at }),
    item: entityView(item, null, known, { id: 'i', ...at }),
    others: [],
    context: new Map(),
    feedRates: new Float64Array(0),
  })
}

describe('features explain', () => {
  it('says what each feature is, how old it is and what it is made of', () => {
    const [views, clicks, since, category, hour] = explained()
    expect(views).toMatchObject({
      from: 'user state (view)',
      age: { ms: 60_000, isAtLeast: true },
      columns: [{ says: '7', unit: 'ln(1 + count) / 4' }],
    })
    expect(clicks!.age).toEqual({ ms: 45 * 60_000, isAtLeast: false })
    expect(since!.columns[0]).toMatchObject({ value: 1, isMissing: true, isTooOld: true })
    expect(category).toMatchObject({ from: 'item attributes', age: { ms: 3 * 86_400_000 } })
    expect(hour).toMatchObject({ from: 'request', age: null })
  })

  it('is a table that leaves out the columns that say nothing', () => {
    const lines = explainedTable(explained(), false).split('\n')
    const line = (start: string) => lines.find((one) => one.startsWith(start))!
    expect(line('views')).toMatch(
      /views +0\.5199 +ln\(1 \+ count\) \/ 4 +7 +at least 60 s +user state \(view\) +How often/,
    )
    expect(line('since ')).toMatch(/since +1 .* too old \(the default\) +45 min/)
    expect(line('item_category=b')).toMatch(/1 +0 or 1 +yes +3 d +item attributes/)
    expect(lines.filter((one) => one.startsWith('item_category'))).toHaveLength(1)
    expect(lines.join('\n')).toContain('5 more columns')
    expect(explainedTable(explained(), true)).toContain('item_category=e')
  })

  it('lists every column with its type, unit, default and max age', () => {
    const text = listText(featureSet)
    expect(text).toMatch(
      /^since +number +ln\(1 \+ minutes\) \/ 4 +1 +30 min +flag +user state \(click\) +Minutes since/m,
    )
    expect(text).toMatch(/^item_category=a +flag +0 or 1 +0 +- +flag +item attributes/m)
  })
})
