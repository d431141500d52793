import { ftrl } from './ftrl.ts'

/** Every learner, by the name that `use` gives in the configuration. */
export const LEARNERS = {
  ftrl,
} as const
