/** Moments in the life of a batch at which a process may be killed. */
export const DEATH_STEPS = [
  'before apply',
  'after apply',
  'before the dead-letter ack',
  'before the produce ack',
  'mid flush',
] as const
export type DeathStep = (typeof DEATH_STEPS)[number]

/** Dies when it comes to this step for the nth time. */
export interface DieAt {
  step: DeathStep
  nth: number
  /** SIGSTOP makes a zombie: it goes on from there at SIGCONT. Default SIGKILL. */
  signal?: 'SIGKILL' | 'SIGSTOP'
}

/** What a process writes to its standard output before it stops. */
export const STOPPED_LINE = 'stopped at a step'

/** Answers whether now is the time to die. */
export function deathWatch(dieAt: DieAt | undefined): (step: DeathStep) => boolean {
  let seen = 0
  return (step) => step === dieAt?.step && ++seen === dieAt.nth
}
