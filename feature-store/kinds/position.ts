import { z } from 'zod'
import { scaledPlace } from '../vectors/scales.ts'
import { PLACE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { named } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('position'),
  ...named,
  serve: z
    .int()
    .min(1)
    .max(1_000)
    .default(1)
    .describe('the place, counted from 1, at which every candidate is scored'),
})

/** The place at which it was shown, for learning; a fixed one for serving: ln(place), 0 the first. */
export const position = defineKind(schema, {
  meaning: 'The place at which it was shown, for learning; a fixed one for serving: ln(place), 0 the first.',
  example: {},
  units: () => [PLACE],
  nameOf: () => 'position',
  uses: () => USES_NOTHING,
  mistakes: () => undefined,
  state: () => undefined,
  columns: ({ serve }) => ({
    scope: 'request',
    suffixes: [''],
    isPosition: true,
    write(_, vector, __, at) {
      vector[at] = scaledPlace(serve)
    },
  }),
})
