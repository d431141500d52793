import { z } from 'zod'
import type { OwnFold } from '../state/own-slot.ts'
import { withMissing } from '../vectors/columns.ts'
import { scaledCount } from '../vectors/scales.ts'
import { COUNT as COUNTED } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, named, of } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('countSince'),
  entity,
  ...named,
  of,
  since: of.describe('interaction types that begin the count anew'),
})

const SINCE = 0
const COUNT = 1

/** By event time: what is older than the newest `since` does not count, however late it comes. */
const countOne: OwnFold = (numbers, at, occurredAtMs) => {
  const sinceAtMs = numbers[at + SINCE]!
  if (sinceAtMs >= 0 && occurredAtMs >= sinceAtMs) numbers[at + COUNT]!++
}

/** What came before it in the log is forgotten: a `since` that comes late forgets newer ones, too. */
const beginAnew: OwnFold = (numbers, at, occurredAtMs) => {
  if (occurredAtMs <= numbers[at + SINCE]!) return
  numbers[at + SINCE] = occurredAtMs
  numbers[at + COUNT] = 0
}

/** How often something happened since something else last did: ln(1 + count) / 4; missing until that first did. */
export const countSince = defineKind(schema, {
  meaning:
    'How often something happened since something else last did: ln(1 + count) / 4; missing until that first did.',
  example: { entity: 'user', of: ['view'], since: ['like'] },
  units: () => [COUNTED],
  nameOf: ({ entity, of, since }) => `${entity}_${joined(of)}_since_${joined(since)}`,
  uses: ({ of, since }) => ({ ...USES_NOTHING, interactionTypes: { of, since } }),
  mistakes({ of, since }, { mistake }) {
    for (const type of since)
      if (of.includes(type)) mistake('since', `${type} is in of, too: it cannot be counted and begin anew`)
  },
  state: ({ entity, of, since }, layouts) =>
    layouts[entity].own({
      spec: { kind: 'countSince', of: [...new Set(of)].sort(), since: [...new Set(since)].sort() },
      numbers: [
        { name: 'sinceAt', stored: 'moment' },
        { name: 'count', stored: 'count' },
      ],
      entries: null,
      lookup: null,
      folds: new Map([
        ...of.map((type) => [type, countOne] as const),
        ...since.map((type) => [type, beginAnew] as const),
      ]),
    }),
  columns: ({ entity }, place) =>
    withMissing(entity, entity, (input) => {
      const { state, layout } = input[entity]
      if (state === null) return null
      const at = layout.places.own[place]!
      return state.numbers[at + SINCE]! < 0 ? null : scaledCount(state.numbers[at + COUNT]!)
    }),
})
