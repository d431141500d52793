import type { TopicKey } from './records.ts'

/** What `feedloop run` starts. */
export const LOOP_SERVICES = ['features', 'scorer', 'trainer', 'skew'] as const
export type LoopService = (typeof LOOP_SERVICES)[number]

/** Every stage of the loop: the service it runs in, and what it reads. Its name is part of its group, logs and metrics. */
export const STAGES = {
  'features-user': { service: 'features', sources: ['interactions'] },
  'features-item': { service: 'features', sources: ['itemInteractions'] },
  'features-user-attributes': { service: 'features', sources: ['users'] },
  'features-item-attributes': { service: 'features', sources: ['items'] },
  scorer: { service: 'scorer', sources: ['requests'] },
  joiner: { service: 'trainer', sources: ['predictions', 'outcomes', 'interactions'] },
  learner: { service: 'trainer', sources: ['examples'] },
} as const satisfies Record<string, { service: LoopService; sources: readonly TopicKey[] }>

export type StageName = keyof typeof STAGES
export const STAGE_NAMES = Object.keys(STAGES) as StageName[]

export const stagesOf = (service: LoopService): StageName[] =>
  STAGE_NAMES.filter((stage) => STAGES[stage].service === service)

/** Its consumer group. */
export const groupOf = (prefix: string, stage: string): string => `${prefix}.${stage}`
