import { z } from 'zod'
import { ofState } from '../vectors/columns.ts'
import { counterAt } from '../vectors/entity-view.ts'
import { scaledCount } from '../vectors/scales.ts'
import { COUNT } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, minutes, named, of } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('decayedCount'),
  entity,
  ...named,
  of,
  halfLifeMinutes: minutes('half-life').optional().describe('left out: everything counts the same for ever'),
})

/** How often something happened, old events fading: ln(1 + count) / 4. */
export const decayedCount = defineKind(schema, {
  meaning: 'How often something happened, old events fading: ln(1 + count) / 4.',
  example: { entity: 'user', of: ['view'], halfLifeMinutes: 360 },
  units: () => [COUNT],
  nameOf({ entity, of, halfLifeMinutes }) {
    const fading = halfLifeMinutes === undefined ? 'ever' : `decayed_${String(halfLifeMinutes)}m`
    return `${entity}_${joined(of)}_${fading}`
  },
  uses: ({ of }) => ({ ...USES_NOTHING, interactionTypes: { of } }),
  mistakes: () => undefined,
  state: ({ entity, of, halfLifeMinutes = null }, layouts) => layouts[entity].counter(of, halfLifeMinutes),
  columns: ({ entity }, place) => ofState(entity, (view) => scaledCount(counterAt(view, place))),
})
