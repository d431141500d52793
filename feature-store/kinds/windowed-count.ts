import { z } from 'zod'
import { countInWindow } from '../state/window.ts'
import { ofState } from '../vectors/columns.ts'
import { scaledCount } from '../vectors/scales.ts'
import { COUNT } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, named, of } from './parts/settings.ts'
import { tiled, tileMistakes } from './parts/tiles.ts'

const schema = z.strictObject({
  kind: z.literal('windowedCount'),
  entity,
  ...named,
  of,
  ...tiled,
})

/** How often something happened in the last minutes of event time, in buckets: ln(1 + count) / 4. */
export const windowedCount = defineKind(schema, {
  meaning: 'How often something happened in the last minutes of event time, in buckets: ln(1 + count) / 4.',
  example: { entity: 'item', of: ['click'], windowMinutes: 60, bucketMinutes: 10 },
  units: () => [COUNT],
  nameOf: ({ entity, of, windowMinutes }) => `${entity}_${joined(of)}_last_${String(windowMinutes)}m`,
  uses: ({ of }) => ({ ...USES_NOTHING, interactionTypes: { of } }),
  mistakes: tileMistakes,
  state: ({ entity, of, windowMinutes, bucketMinutes }, layouts) =>
    layouts[entity].window(of, windowMinutes, bucketMinutes),
  columns: ({ entity }, place) =>
    ofState(entity, ({ state, layout, atMs }) => {
      if (state === null) return 0
      const slot = layout.windows[place]!
      return scaledCount(countInWindow(state.numbers, layout.places.windows[place]!, slot, atMs))
    }),
})
