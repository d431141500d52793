import { z } from 'zod'
import { ofState } from '../vectors/columns.ts'
import { counterAt } from '../vectors/entity-view.ts'
import { scaledRate } from '../vectors/scales.ts'
import { RATE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { priorOf } from './parts/prior.ts'
import { entity, joined, minutes, named, smoothing } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('smoothedRate'),
  entity,
  ...named,
  ...smoothing,
  halfLifeMinutes: minutes('half-life').optional().describe('left out: everything counts the same for ever'),
})

/** Successes per trial, pulled to a prior: ln(rate / prior), -4..4; 0 when nothing is known. */
export const smoothedRate = defineKind(schema, {
  meaning: 'Successes per trial, pulled to a prior: ln(rate / prior), -4..4; 0 when nothing is known.',
  example: { entity: 'item', of: ['click'], per: ['view'], prior: 0.12, strength: 20, halfLifeMinutes: 30 },
  units: () => [RATE],
  nameOf({ entity, of, per, halfLifeMinutes }) {
    const fading = halfLifeMinutes === undefined ? 'ever' : `${String(halfLifeMinutes)}m`
    return `${entity}_${joined(of)}_per_${joined(per)}_${fading}`
  },
  uses: ({ of, per }) => ({ ...USES_NOTHING, interactionTypes: { of, per } }),
  mistakes: () => undefined,
  state: ({ entity, of, per, prior, halfLifeMinutes = null }, layouts) => ({
    successes: layouts[entity].counter(of, halfLifeMinutes),
    trials: layouts[entity].counter(per, halfLifeMinutes),
    priorIn: priorOf({ of, per, prior }, halfLifeMinutes, layouts),
  }),
  columns: ({ entity, strength }, { successes, trials, priorIn }) =>
    ofState(entity, (view, input) =>
      scaledRate(counterAt(view, successes), counterAt(view, trials), priorIn(input), strength),
    ),
})
