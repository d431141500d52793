import { z } from 'zod'
import { scaledCount } from '../vectors/scales.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { name } from './parts/settings.ts'

const schema = z.strictObject({ kind: z.literal('listLength'), name })

/** How many candidates the request has: ln(1 + count) / 4. */
export const listLength = defineKind(schema, {
  meaning: 'How many candidates the request has: ln(1 + count) / 4.',
  example: {},
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
