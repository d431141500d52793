import { z } from 'zod'
import { scaledCount } from '../vectors/scales.ts'
import { COUNT } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { named } from './parts/settings.ts'

const schema = z.strictObject({ kind: z.literal('listLength'), ...named })

/** How many candidates the request has: ln(1 + count) / 4. */
export const listLength = defineKind(schema, {
  meaning: 'How many candidates the request has: ln(1 + count) / 4.',
  example: {},
  units: () => [COUNT],
  nameOf: () => 'list_length',
  uses: () => USES_NOTHING,
  mistakes: () => undefined,
  state: () => undefined,
  columns: () => ({
    scope: 'request',
    suffixes: [''],
    write({ candidates }, vector, _, at) {
      vector[at] = scaledCount(candidates)
    },
  }),
})
