import { z } from 'zod'
import type { OwnFold } from '../state/own-slot.ts'
import { ofState } from '../vectors/columns.ts'
import { scaledRate } from '../vectors/scales.ts'
import { RATE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { priorOf } from './parts/prior.ts'
import { entity, joined, named, smoothing } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('recentRate'),
  entity,
  ...named,
  ...smoothing,
  trials: z
    .number()
    .gt(1)
    .max(10_000)
    .describe('how many trials it remembers: each one fades those before it by 1 / trials'),
})

const SUCCESSES = 0
const TRIALS = 1

/** Fades by count and not by time: a user who comes back after a month is still the one of the last few things shown. */
const foldsOf = (trials: number): { trial: OwnFold; success: OwnFold } => {
  const kept = 1 - 1 / trials
  return {
    trial(numbers, at) {
      numbers[at + SUCCESSES]! *= kept
      numbers[at + TRIALS] = numbers[at + TRIALS]! * kept + 1
    },
    success(numbers, at) {
      numbers[at + SUCCESSES]! += 1
    },
  }
}

/** Successes per trial over the last few trials: ln(rate / prior), -4..4; 0 when nothing is known. */
export const recentRate = defineKind(schema, {
  meaning: 'Successes per trial over the last few trials: ln(rate / prior), -4..4; 0 when nothing is known.',
  example: { entity: 'user', of: ['click'], per: ['view'], prior: 0.12, strength: 2, trials: 8 },
  units: () => [RATE],
  nameOf: ({ entity, of, per, trials }) =>
    `${entity}_${joined(of)}_per_${joined(per)}_last_${String(trials)}`,
  uses: ({ of, per }) => ({ ...USES_NOTHING, interactionTypes: { of, per } }),
  mistakes: () => undefined,
  state({ entity, of, per, prior, trials }, layouts) {
    const { trial, success } = foldsOf(trials)
    const both: OwnFold = (...given) => {
      trial(...given)
      success(...given)
    }
    const place = layouts[entity].own({
      spec: { kind: 'recentRate', of: [...new Set(of)].sort(), per: [...new Set(per)].sort(), trials },
      numbers: [
        { name: 'successes', stored: 'amount' },
        { name: 'trials', stored: 'amount' },
      ],
      entries: null,
      lookup: null,
      folds: new Map([
        ...of.map((type) => [type, success] as const),
        ...per.map((type) => [type, of.includes(type) ? both : trial] as const),
      ]),
    })
    return { place, priorIn: priorOf({ of, per, prior }, null, layouts) }
  },
  columns: ({ entity, strength }, { place, priorIn }) =>
    ofState(entity, ({ state, layout }, input) => {
      if (state === null) return 0
      const at = layout.places.own[place]!
      return scaledRate(state.numbers[at + SUCCESSES]!, state.numbers[at + TRIALS]!, priorIn(input), strength)
    }),
})
