import { z } from 'zod'

const MiB = 1024 * 1024
const MINUTES_MAX = 366 * 24 * 60

const minutesSchema = z.number().positive().max(MINUTES_MAX)

const BOUNDS = {
  examplesMax: z
    .int()
    .min(1_000)
    .max(20_000_000)
    .default(500_000)
    .describe('examples kept, whatever the time'),
  rebuildExamplesMax: z
    .int()
    .min(1_000)
    .max(100_000_000)
    .optional()
    .describe(
      'examples read again at a start to fill it, equal shares of the partitions, about ten seconds of work for 500,000; left out: examplesMax. A window that has thinned its negatives spans more than examplesMax: so much of it as this reaches back to is thinned again as it was, what is older is missing until time has passed',
    ),
  bytesMax: z
    .int()
    .min(MiB)
    .default(1_024 * MiB)
    .describe('of them, packed, in memory and on disk: 500,000 examples of 60 columns take 170 MB'),
  memoryBytesMax: z
    .int()
    .min(MiB)
    .default(256 * MiB)
    .describe(
      'of them in memory, at most bytesMax; what is more lies in a folder that is deleted at the end',
    ),
  keepsPositives: z
    .boolean()
    .default(true)
    .describe(
      'beyond a bound half of the negatives of a stretch are left out, and the others weigh twice, so that scores stay true; false: the oldest examples leave',
    ),
}

const lengthShape = {
  hours: minutesSchema
    .max(MINUTES_MAX / 60)
    .optional()
    .describe('event time that it spans'),
  minutes: minutesSchema.optional().describe('the same in minutes: give one of the two'),
}

const halfLifeShape = {
  halfLifeHours: minutesSchema
    .max(MINUTES_MAX / 60)
    .optional()
    .describe('event time in which the weight of an example halves; left out: all count the same'),
  halfLifeMinutes: minutesSchema.optional().describe('the same in minutes: give one of the two'),
}

function spanning<Kind extends 'sliding' | 'tumbling'>(kind: Kind) {
  return z
    .strictObject({ kind: z.literal(kind), ...lengthShape, ...BOUNDS })
    .refine(({ hours, minutes }) => (hours === undefined) !== (minutes === undefined), {
      path: ['hours'],
      error: 'give either hours or minutes',
    })
    .transform(({ hours, minutes, ...rest }) => ({ ...rest, spanMinutes: minutes ?? hours! * 60 }))
}

/**
 * `trainer.window`: which examples a retrain is made of. Sliding: those of the last hours. Tumbling: those of the last whole
 * stretch of so many hours of event time. All: as many as the bounds allow, fading or not.
 */
export const windowConfigSchema = z.discriminatedUnion('kind', [
  spanning('sliding'),
  spanning('tumbling'),
  z
    .strictObject({ kind: z.literal('all'), ...halfLifeShape, ...BOUNDS })
    .refine(
      ({ halfLifeHours, halfLifeMinutes }) => halfLifeHours === undefined || halfLifeMinutes === undefined,
      {
        path: ['halfLifeHours'],
        error: 'give either halfLifeHours or halfLifeMinutes',
      },
    )
    .transform(({ halfLifeHours, halfLifeMinutes, ...rest }) => ({
      ...rest,
      halfLifeMinutes: halfLifeMinutes ?? (halfLifeHours === undefined ? undefined : halfLifeHours * 60),
    })),
])
export type WindowConfig = z.output<typeof windowConfigSchema>

/** `trainer.retrain`: when a learner makes its next model. Times are event time. */
export const retrainConfigSchema = z.strictObject({
  everyMinutes: minutesSchema
    .optional()
    .describe('event time between two models of a learner; whichever of the two comes first'),
  everyExamples: z
    .int()
    .min(1)
    .optional()
    .describe('examples between two models of a learner; both left out: promotion.candidateEveryExamples'),
  onDrift: z
    .boolean()
    .default(true)
    .describe('a drift is answered by models of what came after it; false: it is only announced'),
  coolDownMinutes: z
    .number()
    .min(0)
    .max(MINUTES_MAX)
    .default(0)
    .describe(
      'event time after the beginning of a model in which its learner begins no other, whatever happens; not before a first model serves',
    ),
  examplesWait: z
    .boolean()
    .default(false)
    .describe(
      'examples wait while a model is made, for trainer.limits.fitMinutesMax at most: for a log that is played faster than it happened, so that what comes of it does not depend on how fast the machine is; false: they go on, as on a live feed they must',
    ),
  niceness: z
    .int()
    .min(0)
    .max(19)
    .default(10)
    .describe(
      'how far fits stand back behind all else on the machine (nice, on Linux): 10 is a tenth of the share of others, 0 an equal one',
    ),
})
export type RetrainConfig = z.infer<typeof retrainConfigSchema>
