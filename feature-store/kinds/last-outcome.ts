import { z } from 'zod'
import type { OwnFold } from '../state/own-slot.ts'
import { withMissing } from '../vectors/columns.ts'
import { FLAG } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, named, of } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('lastOutcome'),
  entity,
  ...named,
  of: of.describe('interaction types that count as success'),
  per: of.describe('interaction types that count as trial'),
})

const TRIAL_AT = 0
const SUCCEEDED = 1

/** By event time: a trial that comes late changes nothing. */
const trial: OwnFold = (numbers, at, occurredAtMs) => {
  if (occurredAtMs < numbers[at + TRIAL_AT]!) return
  numbers[at + TRIAL_AT] = occurredAtMs
  numbers[at + SUCCEEDED] = 0
}

/** A success that is not before the newest trial is counted as its own. */
const success: OwnFold = (numbers, at, occurredAtMs) => {
  const trialAtMs = numbers[at + TRIAL_AT]!
  if (trialAtMs >= 0 && occurredAtMs >= trialAtMs) numbers[at + SUCCEEDED] = 1
}

/** Whether the last trial succeeded: 1 or 0; missing until there was one. */
export const lastOutcome = defineKind(schema, {
  meaning: 'Whether the last trial succeeded: 1 or 0; missing until there was one.',
  example: { entity: 'user', of: ['click'], per: ['view'] },
  units: () => [FLAG],
  nameOf: ({ entity, of, per }) => `${entity}_last_${joined(per)}_had_${joined(of)}`,
  uses: ({ of, per }) => ({ ...USES_NOTHING, interactionTypes: { of, per } }),
  mistakes({ of, per }, { mistake }) {
    for (const type of per)
      if (of.includes(type)) mistake('per', `${type} is in of, too: it cannot be trial and success at once`)
  },
  state: ({ entity, of, per }, layouts) =>
    layouts[entity].own({
      spec: { kind: 'lastOutcome', of: [...new Set(of)].sort(), per: [...new Set(per)].sort() },
      numbers: [
        { name: 'trialAt', stored: 'moment' },
        { name: 'succeeded', stored: 'count' },
      ],
      entries: null,
      lookup: null,
      folds: new Map([
        ...of.map((type) => [type, success] as const),
        ...per.map((type) => [type, trial] as const),
      ]),
    }),
  columns: ({ entity }, place) =>
    withMissing(entity, entity, (input) => {
      const { state, layout } = input[entity]
      if (state === null) return null
      const at = layout.places.own[place]!
      return state.numbers[at + TRIAL_AT]! < 0 ? null : state.numbers[at + SUCCEEDED]!
    }),
})
