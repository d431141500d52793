import { baseRate } from './base-rate.ts'
import { fm } from './fm.ts'
import { ftrl } from './ftrl.ts'
import { gbdt } from './gbdt.ts'
import { logistic } from './logistic.ts'
import { stack } from './stack.ts'

/** Every learner, by the name that `use` gives in the configuration. */
export const LEARNERS = {
  ftrl,
  fm,
  gbdt,
  logistic,
  stack,
  'base-rate': baseRate,
} as const
