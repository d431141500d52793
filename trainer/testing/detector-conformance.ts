import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import type {
  Detector,
  DetectorKind,
  DetectorSlot,
  DetectorState,
  DetectorVerdict,
} from '../drift/detector.ts'
import { DetectorStateError, DetectorValueError } from '../errors.ts'

const CHANGE_AT = 4_000
const AFTER_VALUES = 4_000
const SEEDS = [1, 2, 3, 4, 5]
const FALSE_ALARMS_MAX = 2
const STATE_CHARS_MAX = 16_384

/** What is watched in each slot: before and after a change. */
const STREAMS: Record<DetectorSlot, { before: Draw; after: Draw }> = {
  // A mistake or none: one in ten, then six in ten.
  loss: { before: (chance) => Number(chance() < 0.1), after: (chance) => Number(chance() < 0.6) },
  // A feature in [0, 1]: around 0.3, then around 0.7.
  input: { before: (chance) => 0.6 * chance(), after: (chance) => 0.4 + 0.6 * chance() },
}
type Draw = (chance: () => number) => number

/** What every detector must do, with its default settings, in every slot it is made for. */
export function detectorConformance(kind: DetectorKind): void {
  const create = (saved?: DetectorState) => kind.create({ name: kind.name }, saved)
  describe(`${kind.name} is a detector`, () => {
    it('is called by its name, and made for something', () => {
      expect(create().name).toBe(kind.name)
      expect(kind.slots).not.toEqual([])
    })

    it('refuses settings it does not have', () => {
      expect(() => kind.create({ name: kind.name, noSuch: 1 })).toThrow(/noSuch/)
      expect(() => kind.create({ name: 'another' })).toThrow(/name/)
    })

    it.each([NaN, Infinity, -Infinity])('refuses %d and goes on as if it had not come', (value) => {
      const detector = create()
      detector.update(1)
      const before = detector.save()
      expect(() => detector.update(value)).toThrow(DetectorValueError)
      expect(() => detector.update(value)).toThrow(`${kind.name} takes finite numbers only, not ${value}`)
      expect(detector.save()).toEqual(before)
    })

    it('refuses a state that it did not save', () => {
      const { held } = create().save()
      expect(() => create({ detector: 'another', held })).toThrow(DetectorStateError)
      expect(() => create({ detector: kind.name, held: { noSuch: 1 } })).toThrow(DetectorStateError)
    })

    describe.each(kind.slots)('of %s', (slot) => findsChanges(create, STREAMS[slot]))
  })
}

type Create = (saved?: DetectorState) => Detector

function findsChanges(create: Create, { before, after }: { before: Draw; after: Draw }): void {
  const stationary = (seed: number, count: number) => drawn(before, createChance(seed), count)
  function changing(seed: number): number[] {
    const chance = createChance(seed)
    return [...drawn(before, chance, CHANGE_AT), ...drawn(after, chance, AFTER_VALUES)]
  }

  it('finds an abrupt change within 1,000 values', () => {
    for (const seed of SEEDS) {
      const [first] = driftsOf(create(), changing(seed)).filter(({ index }) => index >= CHANGE_AT)
      expect(first?.index, `seed ${seed}`).toBeLessThan(CHANGE_AT + 1_000)
    }
  })

  it('takes what came after a change for the new state: two false alarms at most in 5 x 2,000 values', () => {
    const late = SEEDS.flatMap((seed) =>
      driftsOf(create(), changing(seed)).filter(({ index }) => index >= CHANGE_AT + 2_000),
    )
    expect(late.length).toBeLessThanOrEqual(FALSE_ALARMS_MAX)
  })

  it('is right in the facts it tells', () => {
    const detector = create()
    for (const { index, verdict } of driftsOf(detector, changing(1))) {
      if (verdict.cut === undefined || index < CHANGE_AT) continue
      const { before: low, beforeCount, after: high, afterCount } = verdict.cut
      expect(high).toBeGreaterThan(low)
      expect(beforeCount).toBeGreaterThan(0)
      expect(afterCount).toBeGreaterThan(0)
      expect(beforeCount + afterCount).toBeLessThanOrEqual(index + 1)
      return
    }
  })

  it('raises at most two false alarms in 5 x 10,000 stationary values', () => {
    const alarms = SEEDS.map((seed) => driftsOf(create(), stationary(100 + seed, 10_000)).length)
    expect(alarms.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(FALSE_ALARMS_MAX)
  })

  it('says the same when it was saved at any value and restored', () => {
    const values = changing(7)
    const straight = create()
    const verdicts = values.map((value) => straight.update(value))
    const indices = fc.array(fc.nat({ max: values.length }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(indices, (savedAt) => {
        let detector = create()
        for (const [index, value] of values.entries()) {
          if (savedAt.includes(index)) detector = create(throughJson(detector.save()))
          const verdict = detector.update(value)
          // Called for each of 8,000 values: `expect` alone would take the time.
          if (!isSame(verdict, verdicts[index]!)) expect(verdict, `value ${index}`).toEqual(verdicts[index])
        }
        expect(throughJson(detector.save())).toEqual(straight.save())
      }),
      { numRuns: 15, seed: 11 },
    )
  })

  it('gives a state that later values do not change', () => {
    const detector = create()
    for (const value of stationary(8, 500)) detector.update(value)
    const saved = detector.save()
    const text = JSON.stringify(saved)
    for (const value of stationary(9, 500)) detector.update(value)
    expect(JSON.stringify(saved)).toBe(text)
    create(saved).update(1)
    expect(JSON.stringify(saved)).toBe(text)
  })

  it('holds no more after many values', () => {
    const detector = create()
    const values = stationary(10, 60_000)
    const charsAfter = (part: readonly number[]) => {
      for (const value of part) detector.update(value)
      return JSON.stringify(detector.save()).length
    }
    const early = charsAfter(values.slice(0, 30_000))
    expect(early).toBeLessThan(STATE_CHARS_MAX)
    // Twice the values may be one more row of buckets, not twice the state.
    expect(charsAfter(values.slice(30_000)) - early).toBeLessThan(1_024)
  })
}

function drawn(draw: Draw, chance: () => number, count: number): number[] {
  return Array.from({ length: count }, () => draw(chance))
}

function driftsOf(detector: Detector, values: readonly number[]) {
  return values.flatMap((value, index) => {
    const verdict = detector.update(value)
    return verdict.kind === 'drift' ? [{ index, verdict }] : []
  })
}

const throughJson = (state: DetectorState) => JSON.parse(JSON.stringify(state)) as DetectorState
const isSame = (left: DetectorVerdict, right: DetectorVerdict) =>
  left.kind === right.kind && left.mean === right.mean && JSON.stringify(left) === JSON.stringify(right)
