import { RegistryUnavailableError } from './errors.ts'

export interface PatienceOptions {
  /** How long an asker waits for a registry that answered the last question. */
  patienceMs: number
  /** ... and for one that did not: who reads many partitions must not stand still for it. */
  awayPatienceMs: number
  /** Answers kept for askers that went away; the oldest are forgotten first. */
  questionsMax: number
}

type Outcome<Out> = { kind: 'answer'; answer: Out } | { kind: 'failure'; error: unknown }
interface Question<Out> {
  settled: Promise<Outcome<Out>>
  outcome: Outcome<Out> | null
}

/**
 * Bounds how long a caller waits, not how long the question takes. The question goes on with its attempts and pauses; a
 * caller who asks the same again joins it or finds its answer.
 *
 * @throws RegistryUnavailableError when the patience is over, and what `ask` threw
 */
export function createPatience<In, Out>(
  ask: (input: In) => Promise<Out>,
  { patienceMs, awayPatienceMs, questionsMax }: PatienceOptions,
): (input: In) => Promise<Out> {
  const questions = new Map<In, Question<Out>>()
  let away = false

  function begin(input: In): Question<Out> {
    const oldest = questions.size >= questionsMax ? questions.keys().next().value : undefined
    if (oldest !== undefined) questions.delete(oldest)
    const question: Question<Out> = {
      outcome: null,
      settled: ask(input)
        .then(
          (answer): Outcome<Out> => ({ kind: 'answer', answer }),
          (error: unknown): Outcome<Out> => ({ kind: 'failure', error }),
        )
        .then((outcome) => {
          away = outcome.kind === 'failure' && outcome.error instanceof RegistryUnavailableError
          return (question.outcome = outcome)
        }),
    }
    questions.set(input, question)
    return question
  }

  return async function askPatiently(input) {
    const earlier = questions.get(input)
    // A failure that nobody waited for is old news: ask anew.
    const question = earlier === undefined || earlier.outcome?.kind === 'failure' ? begin(input) : earlier
    const limitMs = away ? awayPatienceMs : patienceMs
    const outcome = question.outcome ?? (await within(limitMs, question.settled))
    if (outcome === null)
      throw new RegistryUnavailableError(
        `fetching schema ${String(input)}`,
        1,
        `no answer within ${limitMs} ms; the question goes on`,
      )
    questions.delete(input)
    if (outcome.kind === 'failure') throw outcome.error
    return outcome.answer
  }
}

/** What the promise resolves to; null when that takes longer. */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((tell) => {
    timer = setTimeout(tell, limitMs, null)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
