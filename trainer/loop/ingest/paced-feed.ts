import type { LogFeed } from '../datasets/index.ts'

/** Wall clock of one fit. A batch of examples may wait for two of them. */
const FIT_MINUTES_MAX = 20

/**
 * The feed of a log for a trainer that gets its turn: a log is played far faster than it happened, so its time stands still
 * while a model is made, and fits stand back behind nobody.
 */
export const pacedFeed = ({ trainer, ...feed }: LogFeed) => ({
  ...feed,
  limits: { stageProgressSecondsMax: 2 * FIT_MINUTES_MAX * 60 },
  trainer: {
    ...trainer,
    retrain: { ...trainer.retrain, examplesWait: true, niceness: 0 },
    limits: { ...trainer.limits, fitMinutesMax: FIT_MINUTES_MAX },
  },
})
