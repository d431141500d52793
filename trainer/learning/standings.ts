import { ModelCallError } from '#scorer/model'
import { forecastQuality } from '../metrics/index.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import type { MoveReason } from '../models/model-writer.ts'
import { metricsOf, pairedMetrics } from '../promotion/promotion.ts'
import { forecastsOf, type Trial } from './trial.ts'

export interface StandingsParts {
  desk: Pick<ModelDesk, 'champion' | 'measure'>
  /** Examples between two of them. */
  every: number
  width: number
  why: (reason: string) => MoveReason
}

/** Tells how the models on trial stand: all are scored on the same examples, off the answer path, as the champion is. */
export interface Standings {
  /** One more example has matured. */
  count(): void
  /** Writes the metrics of each, when it is time. */
  tell(trials: readonly Trial[]): Promise<void>
}

/** Fewer say nothing of a model. */
const EXAMPLES_MIN = 200

export function createStandings({ desk, every, width, why }: StandingsParts): Standings {
  let counted = 0

  async function tell(trials: readonly Trial[]): Promise<void> {
    const common = Math.min(...trials.map(({ fresh }) => fresh.length))
    const examples = trials[0]!.fresh.slice(-common)
    const serving = desk.champion()
    const champion = serving && (await forecastsOf(serving, examples, width))
    for (const { session, fresh, freshMin } of trials) {
      const candidate = await forecastsOf(session, examples, width)
      const metrics = { ...metricsOf(forecastQuality(candidate)), ...pairedMetrics(candidate, champion) }
      const told = `On trial: ${String(fresh.length)} of ${String(freshMin)} fresh examples so far.`
      await desk.measure(session, metrics, why(told))
    }
  }

  return {
    count() {
      counted += 1
    },
    async tell(trials) {
      if (counted < every) return
      counted = 0
      const told = trials.filter(({ fresh }) => fresh.length >= EXAMPLES_MIN)
      if (told.length === 0) return
      try {
        await tell(told)
      } catch (error) {
        // Whichever it was, its own trial will tell.
        if (!(error instanceof ModelCallError)) throw error
      }
    },
  }
}
