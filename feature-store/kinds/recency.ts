import { z } from 'zod'
import { withMissing } from '../vectors/columns.ts'
import { scaledMinutes } from '../vectors/scales.ts'
import { MINUTES } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, named, of } from './parts/settings.ts'

const schema = z.strictObject({ kind: z.literal('recency'), entity, ...named, of })

/** Minutes since something last happened: ln(1 + minutes) / 4; missing when it never did. */
export const recency = defineKind(schema, {
  meaning: 'Minutes since something last happened: ln(1 + minutes) / 4; missing when it never did.',
  example: { entity: 'user', of: ['click'] },
  units: () => [MINUTES],
  nameOf: ({ entity, of }) => `${entity}_since_${joined(of)}`,
  uses: ({ of }) => ({ ...USES_NOTHING, interactionTypes: { of } }),
  mistakes: () => undefined,
  state: ({ entity, of }, layouts) => layouts[entity].recency(of),
  columns: ({ entity }, place) =>
    withMissing(entity, entity, (input) => {
      const { state, layout, atMs } = input[entity]
      const lastAtMs = state?.numbers[layout.places.recencies + place] ?? -1
      return lastAtMs < 0 ? null : scaledMinutes(atMs - lastAtMs)
    }),
})
