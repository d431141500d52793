import { z } from 'zod'
import { remaining } from '../state/decay.ts'
import type { OwnFold, OwnSlot } from '../state/own-slot.ts'
import { withMissing } from '../vectors/columns.ts'
import type { EntityView } from '../vectors/entity-view.ts'
import { scaledNumber } from '../vectors/scales.ts'
import { numberUnit } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, minutes, named, numberScale, of } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('interactionValue'),
  entity,
  ...named,
  of: of.describe('interaction types whose values count; those without one are left out'),
  as: z.enum(['mean', 'sum', 'last']),
  halfLifeMinutes: minutes('half-life').optional().describe('left out: everything counts the same for ever'),
  prior: z.number().optional().describe('the mean believed before any value'),
  strength: z.number().positive().max(1e6).optional().describe('how many values the prior is worth'),
  scale: numberScale.optional(),
})

const MINUTE_MS = 60_000
/** Of a sum; amounts are as of AT when they fade. */
const SUM = 0
const COUNT = 1
const AT = 2
/** Of the last one. */
const LAST_AT = 0
const LAST = 1

/** Where a definition finds its numbers. */
interface Slots {
  place: number
  halfLifeMs: number
}

/** Sum and number of values. What comes late counts as what would be left of it by now. */
function addingSlot(types: readonly string[], halfLifeMs: number): OwnSlot {
  const fades = halfLifeMs !== Number.POSITIVE_INFINITY
  const add: OwnFold = (numbers, at, _, __, ___, { value }) => {
    if (value === null) return
    numbers[at + SUM]! += value
    numbers[at + COUNT]!++
  }
  const addFading: OwnFold = (numbers, at, occurredAtMs, _, __, { value }) => {
    if (value === null) return
    const elapsedMs = occurredAtMs - numbers[at + AT]!
    const left = remaining(elapsedMs, halfLifeMs)
    const added = remaining(-elapsedMs, halfLifeMs)
    numbers[at + SUM] = numbers[at + SUM]! * left + value * added
    numbers[at + COUNT] = numbers[at + COUNT]! * left + added
    if (elapsedMs > 0) numbers[at + AT] = occurredAtMs
  }
  return {
    spec: { kind: 'interactionValue', of: types, halfLifeMs: fades ? halfLifeMs : null },
    numbers: [
      { name: 'sum', stored: 'amount' },
      ...(fades
        ? [{ name: 'count', stored: 'amount' } as const, { name: 'at', stored: 'moment' } as const]
        : [{ name: 'count', stored: 'count' } as const]),
    ],
    entries: null,
    lookup: null,
    takesValue: true,
    folds: new Map(types.map((type) => [type, fades ? addFading : add])),
  }
}

/** By event time: one that comes late changes nothing; of equal times the one that comes later counts. */
const keepLast: OwnFold = (numbers, at, occurredAtMs, _, __, { value }) => {
  if (value === null || occurredAtMs < numbers[at + LAST_AT]!) return
  numbers[at + LAST_AT] = occurredAtMs
  numbers[at + LAST] = value
}

const lastSlot = (types: readonly string[]): OwnSlot => ({
  spec: { kind: 'interactionValue', last: true, of: types },
  numbers: [
    { name: 'at', stored: 'moment' },
    { name: 'value', stored: 'amount' },
  ],
  entries: null,
  lookup: null,
  takesValue: true,
  folds: new Map(types.map((type) => [type, keepLast])),
})

/** What interactions of a user or item are worth (dwell seconds, rating, amount): mean, sum or last, scaled, -10..10. */
export const interactionValue = defineKind(schema, {
  meaning:
    'What interactions of a user or item are worth (dwell seconds, rating, amount): mean, sum or last, scaled, -10..10.',
  example: { entity: 'item', of: ['view'], as: 'mean', halfLifeMinutes: 1_440, scale: { log1p: true } },
  units: ({ scale }) => [numberUnit(scale)],
  nameOf({ entity, of, as, halfLifeMinutes }) {
    const fading = halfLifeMinutes === undefined ? '' : `_${String(halfLifeMinutes)}m`
    return `${entity}_${joined(of)}_value_${as}${fading}`
  },
  uses: ({ of }) => ({ ...USES_NOTHING, interactionTypes: { of } }),
  mistakes({ as, halfLifeMinutes, prior, strength }, { mistake }) {
    if (as === 'last' && halfLifeMinutes !== undefined)
      mistake('halfLifeMinutes', 'the last value does not fade; leave it out')
    if (as !== 'mean' && prior !== undefined) mistake('prior', 'only a mean has one; leave it out')
    if ((prior === undefined) !== (strength === undefined))
      mistake('strength', 'prior and strength belong together: give both, or neither')
  },
  state({ entity, of, as, halfLifeMinutes }, layouts): Slots {
    const types = [...new Set(of)].sort()
    const halfLifeMs = halfLifeMinutes === undefined ? Number.POSITIVE_INFINITY : halfLifeMinutes * MINUTE_MS
    const place = layouts[entity].own(as === 'last' ? lastSlot(types) : addingSlot(types, halfLifeMs))
    return { place, halfLifeMs }
  },
  columns({ entity, as, scale, prior = 0, strength = 0 }, slots) {
    const worth = {
      mean: (view: EntityView) => meanOf(view, slots, prior, strength),
      sum: (view: EntityView) => sumOf(view, slots),
      last: (view: EntityView) => lastOf(view, slots),
    }[as]
    return withMissing(entity, entity, (input) => {
      const value = worth(input[entity])
      return value === null ? null : scaledNumber(value, scale)
    })
  },
})

/** Without a prior it does not matter how long ago the values were: all faded alike. */
function meanOf(view: EntityView, slots: Slots, prior: number, strength: number): number | null {
  const known = addedUp(view, slots)
  if (known === null) return null
  const { sum, count, left } = known
  return strength === 0 ? sum / count : (sum * left + prior * strength) / (count * left + strength)
}

function sumOf(view: EntityView, slots: Slots): number | null {
  const known = addedUp(view, slots)
  return known === null ? null : known.sum * known.left
}

/** As of the newest value, and what is left of it at the view's moment. */
function addedUp({ state, layout, atMs }: EntityView, { place, halfLifeMs }: Slots) {
  if (state === null) return null
  const at = layout.places.own[place]!
  const count = state.numbers[at + COUNT]!
  if (count === 0) return null
  const left =
    halfLifeMs === Number.POSITIVE_INFINITY ? 1 : remaining(atMs - state.numbers[at + AT]!, halfLifeMs)
  return { sum: state.numbers[at + SUM]!, count, left }
}

function lastOf({ state, layout }: EntityView, { place }: Slots): number | null {
  if (state === null) return null
  const at = layout.places.own[place]!
  return state.numbers[at + LAST_AT]! < 0 ? null : state.numbers[at + LAST]!
}
