import { z } from 'zod'
import { withMissing } from '../vectors/columns.ts'
import { scaledMinutes } from '../vectors/scales.ts'
import { MINUTES } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, named } from './parts/settings.ts'

const schema = z.strictObject({ kind: z.literal('age'), entity, ...named })

/** Minutes since the entity's first attribute record: ln(1 + minutes) / 4; missing when there is none. */
export const age = defineKind(schema, {
  meaning:
    "Minutes since the entity's first attribute record: ln(1 + minutes) / 4; missing when there is none.",
  example: { entity: 'item' },
  units: () => [MINUTES],
  nameOf: ({ entity }) => `${entity}_age`,
  uses: ({ entity }) => ({ ...USES_NOTHING, firstSeen: entity }),
  mistakes: () => undefined,
  state: () => undefined,
  columns: ({ entity }) =>
    withMissing(entity, null, (input) => {
      const { firstAtMs, atMs } = input[entity]
      return firstAtMs < 0 ? null : scaledMinutes(atMs - firstAtMs)
    }),
})
