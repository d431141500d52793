import { baseRate } from './base-rate.ts'
import { ftrl } from './ftrl.ts'
import { gbdt } from './gbdt.ts'

/** Every learner, by the name that `use` gives in the configuration. */
export const LEARNERS = {
  ftrl,
  gbdt,
  'base-rate': baseRate,
} as const
