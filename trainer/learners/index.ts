import { baseRate } from './base-rate.ts'
import { ftrl } from './ftrl.ts'

/** Every learner, by the name that `use` gives in the configuration. */
export const LEARNERS = {
  ftrl,
  'base-rate': baseRate,
} as const
