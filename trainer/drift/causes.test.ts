import { describe, expect, it } from 'vitest'
import { MISSING, STALE } from '#feature-store'
import { driftConfigSchema } from '../config.ts'
import { createChance } from '#schemas/testing'
import { sampleTrainingExample } from '../testing/sample-training-example.ts'
import { seekCause, type CauseFacts, type WatchedExample } from './causes.ts'
import { shiftOf } from './feature-shift.ts'

const config = driftConfigSchema.parse({})
const featureNames = ['price', 'new_category']
const GOOD = -0.08
const BAD = 0.1

interface Row {
  flags?: [number, number]
  vector?: [number, number]
  excess?: number
}
const chance = createChance(1)
const row = ({ flags = [0, 0], vector = [chance(), 0], excess = GOOD }: Row = {}): WatchedExample => ({
  symptoms: { overprediction: excess, overclaim: excess },
  example: sampleTrainingExample({ vector, flags, score: 0.1, modelId: 'm' }),
})
const rows = (count: number, make: (at: number) => Row = () => ({})) =>
  Array.from({ length: count }, (_, at) => row(make(at)))
const causeOf = (after: WatchedExample[], swap?: CauseFacts['swap']) =>
  seekCause({ symptom: 'overclaim', before: rows(2_000), after, featureNames, swap }, config)

describe('the cause of a risen loss', () => {
  it('is the concept when nothing else explains it', () => {
    const { kind, cause } = causeOf(rows(1_000, () => ({ excess: BAD })))
    expect(kind).toBe('concept')
    expect(cause).toMatch(/overclaim by 0\.180 nats more than before; no model swap/)
  })
  it('is a broken upstream when a feature goes missing and only those rows are bad', () => {
    const { kind, cause } = causeOf(
      rows(1_000, (at) => (at % 2 === 0 ? { flags: [MISSING, 0], excess: BAD } : {})),
    )
    expect(kind).toBe('upstream')
    expect(cause).toMatch(/^price is missing more often \(0 % to 50 %\)/)
  })
  it('is lag when features go stale', () => {
    expect(causeOf(rows(1_000, (at) => (at % 2 === 0 ? { flags: [STALE, 0], excess: BAD } : {}))).kind).toBe(
      'lag',
    )
    expect(causeOf(rows(1_000, () => ({ flags: [STALE, 0], excess: BAD }))).kind).toBe('lag')
  })
  it('is not the missing feature when the other rows are as bad', () => {
    const after = rows(1_000, (at) => ({ flags: at % 2 === 0 ? [MISSING, 0] : [0, 0], excess: BAD }))
    expect(causeOf(after).kind).toBe('concept')
  })
  it('is the data when inputs are new and only those rows are bad', () => {
    const { kind, cause } = causeOf(
      rows(1_000, (at) => (at % 3 === 0 ? { vector: [chance(), 1], excess: BAD * 3 } : {})),
    )
    expect(kind).toBe('data')
    expect(cause).toMatch(/^new_category is distributed otherwise/)
  })
  it('is not that ids are new: they always are', () => {
    const after = rows(1_000, (at) => (at % 3 === 0 ? { vector: [chance(), 1], excess: BAD * 3 } : {}))
    const facts = { symptom: 'overclaim', before: rows(2_000), after, featureNames } as const
    expect(seekCause({ ...facts, buckets: [{ columns: [1], range: 2 }] }, config).kind).toBe('concept')
  })
  it('is the concept when inputs shifted but the old ones are as bad', () => {
    const after = rows(1_000, (at) => ({ vector: [chance(), at % 3 === 0 ? 1 : 0], excess: BAD }))
    expect(causeOf(after).kind).toBe('concept')
  })
  it('is the swap when the replaced model would clearly have been honest', () => {
    const after = rows(1_000, () => ({ excess: BAD }))
    const swap = { from: 'old', to: 'new', served: { deficit: 0.8, standardError: 0.1 } }
    const kindWith = (deficit: number, standardError: number) =>
      causeOf(after, { ...swap, replaced: { deficit, standardError } }).kind
    expect(kindWith(0.1, 0.1)).toBe('none')
    // Nobody knows: too few examples, or a model too dull to tell.
    expect(kindWith(0.1, 0.2)).toBe('concept')
    expect(kindWith(0.7, 0.1)).toBe('concept')
  })
})

describe('the population stability index', () => {
  it('is near 0 for the same distribution and large for another', () => {
    const draw = (count: number, shift = 0) =>
      Array.from({ length: count }, () => chance() + chance() + shift)
    expect(shiftOf(draw(5_000), draw(5_000)).psi).toBeLessThan(0.01)
    expect(shiftOf(draw(5_000), draw(5_000, 0.5)).psi).toBeGreaterThan(0.25)
  })
  it('sees a one-hot column come to life', () => {
    const shift = shiftOf(
      Array.from({ length: 100 }, () => 0),
      Array.from({ length: 100 }, (_, at) => (at % 4 === 0 ? 1 : 0)),
    )
    expect(shift.psi).toBeGreaterThan(0.25)
    expect(shift.isGrown(1)).toBe(true)
    expect(shift.isGrown(0)).toBe(false)
  })
  it('is 0 without values', () => {
    expect(shiftOf([], [1]).psi).toBe(0)
  })
})
