import { z } from 'zod'
import { textsOf } from '../attributes/texts.ts'
import { remaining } from '../state/decay.ts'
import type { MapEntry } from '../state/entity-state.ts'
import { blankOf, touchEntry, type OwnFold, type OwnNumber } from '../state/own-slot.ts'
import { attributeReader, MISSING_SUFFIX, type Columns } from '../vectors/columns.ts'
import type { EntityView } from '../vectors/entity-view.ts'
import { MISSING, STALE } from '../contract.ts'
import { scaledCount, scaledRate } from '../vectors/scales.ts'
import { COUNT, RATE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { type PriorOf, priorOf } from './parts/prior.ts'
import { joined, minutes, nameSchema, named, smoothing } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('affinity'),
  ...named,
  ...smoothing,
  by: nameSchema.describe('item attribute, declared as text or texts'),
  halfLifeMinutes: minutes('half-life').optional().describe('left out: everything counts the same for ever'),
  valuesMax: z.int().min(1).max(256).default(32).describe('attribute values remembered per user'),
})

const MINUTE_MS = 60_000
const SUCCESSES = 0
const TRIALS = 1
const AT = 2
/** Amounts are as of their entry's newest trial or success. */
const ENTRY: readonly OwnNumber[] = [
  { name: 'successes', stored: 'amount' },
  { name: 'trials', stored: 'amount' },
  { name: 'at', stored: 'moment' },
]
const BLANK = blankOf(ENTRY)

/** Counts under every value of the item; what comes late counts as what would be left of it. */
function foldOf(
  { successes, trials }: { successes: number; trials: number },
  halfLifeMs: number,
  valuesMax: number,
): OwnFold {
  return (_, __, occurredAtMs, entries, key) => {
    if (key === null) return
    for (const text of textsOf(key)) {
      const { counters } = touchEntry(entries, text, BLANK, valuesMax)
      const elapsedMs = occurredAtMs - counters[AT]!
      const left = remaining(elapsedMs, halfLifeMs)
      const added = remaining(-elapsedMs, halfLifeMs)
      counters[SUCCESSES] = counters[SUCCESSES]! * left + successes * added
      counters[TRIALS] = counters[TRIALS]! * left + trials * added
      if (elapsedMs > 0) counters[AT] = occurredAtMs
    }
  }
}

/** What an entry's amounts come to at a moment. */
const leftOf = ({ counters }: MapEntry, atMs: number, halfLifeMs: number) =>
  remaining(atMs - counters[AT]!, halfLifeMs)

/** How this user liked items that share values with the candidate: mean, highest and lowest ln(rate / prior), and evidence. */
export const affinity = defineKind(schema, {
  meaning:
    'How this user liked items that share values with the candidate: mean, highest and lowest ln(rate / prior), and evidence.',
  example: { of: ['click'], per: ['view'], prior: 0.12, strength: 5, by: 'tags' },
  units: () => [RATE, RATE, RATE, COUNT],
  nameOf: ({ by, of, per }) => `user_affinity_${by}_${joined(of)}_per_${joined(per)}`,
  uses: ({ of, per, by }) => ({
    ...USES_NOTHING,
    interactionTypes: { of, per },
    attributes: [{ setting: 'by', from: 'item', attribute: by }],
  }),
  mistakes({ by }, { attributeKind, mistake }) {
    if (attributeKind('item', by) === 'number')
      mistake('by', `${by} is declared as number; use cross with bands`)
  },
  state({ by, of, per, prior, halfLifeMinutes, valuesMax }, layouts) {
    const halfLifeMs = halfLifeMinutes === undefined ? Number.POSITIVE_INFINITY : halfLifeMinutes * MINUTE_MS
    const types = [...new Set([...of, ...per])].sort()
    const place = layouts.user.own({
      spec: {
        kind: 'affinity',
        of: [...new Set(of)].sort(),
        per: [...new Set(per)].sort(),
        halfLifeMinutes: halfLifeMinutes ?? null,
      },
      numbers: [],
      entries: { valuesMax, numbers: ENTRY },
      lookup: { attribute: by, bands: null },
      folds: new Map(
        types.map((type) => {
          const adds = { successes: of.includes(type) ? 1 : 0, trials: per.includes(type) ? 1 : 0 }
          return [type, foldOf(adds, halfLifeMs, valuesMax)] as const
        }),
      ),
    })
    return { place, halfLifeMs, priorIn: priorOf({ of, per, prior }, halfLifeMinutes ?? null, layouts) }
  },
  columns: ({ by, strength }, slots, attributes) =>
    affinityColumns(attributeReader('item', by, attributes), { ...slots, strength }),
})

interface Taste {
  succeeded: number
  tried: number
}
const UNTRIED: Taste = { succeeded: 0, tried: 0 }

/** What the user's entries come to: found once, and asked for by every candidate of the request. */
function lastTastes({ place, halfLifeMs }: { place: number; halfLifeMs: number }) {
  let last: EntityView | undefined
  let tastes: ReadonlyMap<string, Taste> = new Map()
  return (user: EntityView): ReadonlyMap<string, Taste> => {
    if (user === last) return tastes
    last = user
    const entries = user.state === null ? [] : user.state.maps[user.layout.places.ownEntries[place]!]!
    tastes = new Map(
      entries.map((entry) => {
        const left = leftOf(entry, user.atMs, halfLifeMs)
        return [
          entry.key,
          { succeeded: entry.counters[SUCCESSES]! * left, tried: entry.counters[TRIALS]! * left },
        ] as const
      }),
    )
    return tastes
  }
}

function affinityColumns(
  valueOf: ReturnType<typeof attributeReader>,
  at: { place: number; halfLifeMs: number; priorIn: PriorOf; strength: number },
): Columns {
  const { priorIn, strength } = at
  const tastes = lastTastes(at)
  return {
    scope: 'candidate',
    suffixes: ['', '_max', '_min', '_trials', MISSING_SUFFIX],
    write(input, vector, flags, first) {
      const { user } = input
      if (user.stale) flags.fill(STALE, first, first + 5)
      const value = valueOf(input)
      if (typeof value !== 'string') {
        vector[first + 4] = 1
        for (let n = 0; n < 4; n++) flags[first + n]! |= MISSING
        return
      }
      const texts = textsOf(value)
      const prior = priorIn(input)
      const known = tastes(user)
      let [sum, max, min, trials] = [0, -Infinity, Infinity, 0]
      for (const text of texts) {
        const { succeeded, tried } = known.get(text) ?? UNTRIED
        const rate = scaledRate(succeeded, tried, prior, strength)
        sum += rate
        max = Math.max(max, rate)
        min = Math.min(min, rate)
        trials += tried
      }
      vector[first] = sum / texts.length
      vector[first + 1] = max
      vector[first + 2] = min
      vector[first + 3] = scaledCount(trials)
    },
  }
}
