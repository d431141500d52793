import { describe, expect, it } from 'vitest'
import { featureStoreConfigSchema, parseFeatureStoreConfig } from '../config.ts'
import { MISSING, STALE } from '../contract.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { featureRow } from '../testing/feature-row.ts'
import { decayedCount, derived, recency, relative } from './index.ts'

const viewed = decayedCount({ entity: 'item', of: ['view'], name: 'viewed' })
const since = recency({ entity: 'item', of: ['click'], name: 'since' })
const made = (fn: Parameters<typeof derived>[0]['fn'], version = 1) =>
  derived({ name: 'made', inputs: ['viewed', 'since'], fn, version })
const compiled = (...features: (typeof viewed | typeof since | ReturnType<typeof derived>)[]) =>
  compileFeatureSet(parseFeatureStoreConfig({ features }))

describe('derived features', () => {
  it('are what the function makes of its inputs, null where they are missing', () => {
    const features = [viewed, since, made((views, last) => (last === null ? null : views! - 2 * last))]
    const row = featureRow({ features }, { happened: [['view', 1], ['click', 59]], stale: true }) // prettier-ignore
    expect(row['made']).toEqual([Math.fround(row['viewed']![0] - 2 * row['since']![0]), STALE])
    const unknown = featureRow({ features }, { happened: [['view', 1]] })
    expect(unknown['made']).toEqual([0, MISSING])
    expect(unknown['made__missing']).toEqual([1, 0])
  })

  it('are made one of the other, and of places among the candidates', () => {
    const twice = derived({
      name: 'twice',
      inputs: ['made', 'viewed_in_list'],
      fn: (a, b) => a! + b!,
      version: 1,
    })
    const features = [viewed, since, made((views) => views! * 2), relative({ to: 'viewed' }), twice]
    const row = featureRow({ features }, { happened: [['view', 1]] })
    expect(row['twice']![0]).toBeCloseTo(row['viewed']![0] * 2 + 0.5, 6)
  })

  it('are missing where the function answers no number, and keep within the bounds', () => {
    const value = (fn: (views: number | null) => number) =>
      featureRow({ features: [viewed, since, made(fn)] }, { happened: [['view', 1]] })['made']
    expect(value((views) => (views === 0 ? 1 : Number.NaN))).toEqual([0, MISSING])
    expect(value(() => 1e9)).toEqual([10, 0])
  })

  it('give the set another id with their text and version', () => {
    const id = (fn: Parameters<typeof derived>[0]['fn'], version?: number) =>
      compiled(viewed, since, made(fn, version)).id
    const double = id((views) => views! * 2)
    expect(id((views) => views! * 2)).toBe(double)
    expect(id((views) => views! * 3)).not.toBe(double)
    expect(id((views) => views! * 2, 2)).not.toBe(double)
  })

  it('can be told to another process, which compares the set and cannot compute it', () => {
    const set = compiled(
      viewed,
      since,
      made((views) => views! * 2),
    )
    const told = compileFeatureSet(featureStoreConfigSchema.parse(JSON.parse(JSON.stringify(set.config))))
    expect(told.id).toBe(set.id)
    expect(JSON.stringify(told.config)).toBe(JSON.stringify(set.config))
  })

  it('refuses inputs that are not there yet and functions that are not pure', () => {
    const mistakes =
      (...features: Parameters<typeof compiled>) =>
      () =>
        compiled(...features)
    let calls = 0
    const never = () => {
      throw new Error('never')
    }
    expect(mistakes(made((a) => a))).toThrow('viewed is the name of no feature')
    expect(
      mistakes(
        made((a) => a),
        viewed,
        since,
      ),
    ).toThrow('stands behind this feature')
    expect(mistakes(viewed, since, made(never))).toThrow('it must answer null when it has no answer')
    expect(
      mistakes(
        viewed,
        since,
        made(() => ++calls),
      ),
    ).toThrow('depend on its inputs alone')
    expect(
      mistakes(
        viewed,
        since,
        made(() => 'x' as never),
      ),
    ).toThrow('answers string')
    expect(mistakes(viewed, since, made(5 as never))).toThrow('must be a function')
  })
})
