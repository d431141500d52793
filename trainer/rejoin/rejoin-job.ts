import { z } from 'zod'
import { REPLAY_NAME } from '#feature-store/shadow'
import type { TrainerConfig } from '../config.ts'
import { labelSchema } from '../label-config.ts'

const offsets = z.array(z.int().min(0))

const sourceSchema = z.strictObject({
  topic: z.enum(['predictions', 'outcomes', 'interactions']),
  topicName: z.string().describe('its physical name'),
  starts: offsets.describe('per partition, the first offset that is read'),
  ends: offsets.describe('per partition, the first offset that is not read'),
  reads: offsets.describe('per partition, the first offset that was not read yet'),
  needs: offsets.describe('per partition, where it goes on: the oldest offset that is still needed'),
})
export type RejoinSource = z.output<typeof sourceSchema>

/** What outcomes mean, and when labels are final. */
const definitionSchema = z.strictObject({
  labels: z.record(z.string(), labelSchema),
  shownWithinMinutes: z.number(),
  graceMinutes: z.number(),
})
export type LabelDefinition = z.output<typeof definitionSchema>

/** Examples that are joined again, as all processes know them: one entry of a text in Redis. */
export const rejoinJobSchema = z.strictObject({
  name: REPLAY_NAME.describe('what commands call it; the end of its topic'),
  kind: z.literal('examples'),
  topicName: z.string().describe('where the examples go'),
  state: z
    .enum(['running', 'paused', 'done', 'cancelled'])
    .describe('what is wanted of it, or what it came to'),
  from: z.string().describe('as it was asked'),
  to: z.string().describe('as it was asked'),
  ratePerSecond: z.number().positive().nullable().describe('records a second; null: no limit'),
  archive: z.string().optional().describe('folder of an archive that is read before the topics'),
  definition: definitionSchema,
  sources: z.array(sourceSchema).length(3),
  epoch: z.int().min(0).describe('which of its processes may go on: the last one that took it up'),
  unripe: z
    .int()
    .nullable()
    .describe('predictions whose horizon was not over at the end: no examples; null: it is not done'),
  createdAtMs: z.int(),
})
export type RejoinJob = z.output<typeof rejoinJobSchema>

export const definitionOf = ({
  labels,
  shownWithinMinutes,
  limits: { graceMinutes },
}: Pick<TrainerConfig, 'labels' | 'shownWithinMinutes' | 'limits'>): LabelDefinition => ({
  labels,
  shownWithinMinutes,
  graceMinutes,
})

/** In whatever order the labels are written down. */
export function isSameDefinition(one: LabelDefinition, other: LabelDefinition): boolean {
  const text = ({ labels, ...rest }: LabelDefinition) =>
    JSON.stringify([
      Object.entries(labels)
        .map(([name, { positive, shown, horizonMinutes }]) => [name, positive, shown, horizonMinutes])
        .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1)),
      rest.shownWithinMinutes,
      rest.graceMinutes,
    ])
  return text(one) === text(other)
}

/** Of all sources, offsets. */
export function rejoinProgress({ sources }: Pick<RejoinJob, 'sources'>): {
  done: number
  total: number
  left: number
} {
  const sum = (numberOf: (source: RejoinSource, partition: number) => number) =>
    sources.reduce(
      (all, source) => source.starts.reduce((some, _, partition) => some + numberOf(source, partition), all),
      0,
    )
  const total = sum(({ starts, ends }, p) => Math.max(0, ends[p]! - starts[p]!))
  const done = sum(({ starts, ends, reads }, p) => Math.min(reads[p]!, ends[p]!) - starts[p]!)
  return { done, total, left: total - done }
}
