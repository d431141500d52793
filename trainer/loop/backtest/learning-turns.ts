import type { Pass } from './pass.ts'
import { DAY_MS, dayOf } from './played.ts'
import { createRetrainSchedule, type RetrainSchedule } from './retrain-schedule.ts'

/** Event time between two looks at what has matured, at least. */
const LOOK_EVERY_MS = 15_000

/** What happens between two requests: labels become known and are learned, models are made. */
export function createLearningTurns(pass: Pass) {
  const { options, join, rows, window, baselines, contenders } = pass
  let schedule: RetrainSchedule | undefined
  let lookedAtMs = -Infinity
  let madeOf = 0

  function learnMatured(atMs: number): void {
    lookedAtMs = atMs
    const examples = join.takeMatured(atMs)
    for (const example of examples) {
      rows.settle(example.exampleId, example.label)
      baselines.learn(example)
      window.add(example)
    }
    if (examples.length > 0) for (const contender of contenders) contender.take(examples)
  }

  async function retrain(atMs: number): Promise<void> {
    learnMatured(atMs)
    const anew = window.added - madeOf
    if (anew === 0 || anew < (options.retrainGrowthMin ?? 0) * window.length) return
    madeOf = window.added
    await Promise.all(contenders.map((contender) => contender.retrain(atMs)))
  }

  return {
    async until(atMs: number): Promise<void> {
      schedule ??= createRetrainSchedule(options.retrainEveryMs, (dayOf(atMs) + options.fromDay) * DAY_MS)
      const momentMs = schedule.dueAt(atMs)
      if (momentMs !== undefined) await retrain(momentMs)
      if (atMs - lookedAtMs >= LOOK_EVERY_MS) learnMatured(atMs)
    },
    /** The rest becomes known, and teaches nobody. */
    async over(): Promise<void> {
      await Promise.all(contenders.map((contender) => contender.settled()))
      for (const example of join.takeMatured(Infinity)) {
        rows.settle(example.exampleId, example.label)
        window.add(example)
      }
    },
  }
}
