import { z } from 'zod'
import { featureStoreConfigSchema } from '#feature-store'
import { scorerConfigSchema } from '#scorer'
import { streamsConfigSchema } from '#streams'
import { trainerConfigSchema } from '../config.ts'
import { unknownLabelTypes } from './unknown-label-types.ts'

/** A whole feed: the keys of `streams`, and a section for each part to its right. */
export const feedSchema = z
  .strictObject({
    ...streamsConfigSchema.shape,
    features: featureStoreConfigSchema.prefault({}),
    scorer: scorerConfigSchema.prefault({}),
    trainer: trainerConfigSchema.prefault({}),
  })
  .superRefine((feed, context) => {
    for (const { path, message } of unknownLabelTypes(feed))
      context.addIssue({ code: 'custom', path: [...path], message })
    const waitSecondsMax = feed.trainer.limits.fitMinutesMax * 60
    if (feed.trainer.retrain.examplesWait && waitSecondsMax >= feed.limits.stageProgressSecondsMax)
      context.addIssue({
        code: 'custom',
        path: ['trainer', 'retrain', 'examplesWait'],
        message: `a fit may take ${String(waitSecondsMax)} s (trainer.limits.fitMinutesMax), and a batch that waits for longer than limits.stageProgressSecondsMax (${String(feed.limits.stageProgressSecondsMax)} s) counts as a stall: shorten the one or lengthen the other`,
      })
  })
export type FeedConfig = z.infer<typeof feedSchema>
export type FeedInput = z.input<typeof feedSchema>
