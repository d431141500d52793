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
  })
export type FeedConfig = z.infer<typeof feedSchema>
export type FeedInput = z.input<typeof feedSchema>
