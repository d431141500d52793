import { z } from 'zod'
import { countInWindow } from '../state/window.ts'
import { ofState } from '../vectors/columns.ts'
import { scaledCount } from '../vectors/scales.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, joined, minutes, name, of } from './parts/settings.ts'

const BUCKETS_MAX = 60

const schema = z.strictObject({
  kind: z.literal('windowedCount'),
  entity,
  name,
  of,
  windowMinutes: minutes('window'),
  bucketMinutes: minutes(`bucket; the window is a whole number of buckets, at most ${String(BUCKETS_MAX)}`),
})

/** How often something happened in the last minutes of event time, in buckets: ln(1 + count) / 4. */
export const windowedCount = defineKind(schema, {
  meaning: 'How often something happened in the last minutes of event time, in buckets: ln(1 + count) / 4.',
  example: { entity: 'item', of: ['click'], windowMinutes: 60, bucketMinutes: 10 },
  nameOf: ({ entity, of, windowMinutes }) => `${entity}_${joined(of)}_last_${String(windowMinutes)}m`,
  uses: ({ of }) => ({ ...USES_NOTHING, interactionTypes: { of } }),
  mistakes({ windowMinutes, bucketMinutes }, { mistake }) {
    const buckets = windowMinutes / bucketMinutes
    if (Number.isInteger(buckets) && buckets <= BUCKETS_MAX) return
    const wanted = `must divide windowMinutes (${String(windowMinutes)}) into 1-${String(BUCKETS_MAX)} buckets`
    mistake('bucketMinutes', wanted)
  },
  state: ({ entity, of, windowMinutes, bucketMinutes }, layouts) =>
    layouts[entity].window(of, windowMinutes, bucketMinutes),
  columns: ({ entity }, place) =>
    ofState(entity, ({ state, layout, atMs }) => {
      if (state === null) return 0
      const slot = layout.windows[place]!
      return scaledCount(countInWindow(state.numbers, layout.places.windows[place]!, slot, atMs))
    }),
})
