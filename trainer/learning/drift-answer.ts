import type { FeatureSet } from '#feature-store'
import type { Clock, Signals } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { seekCause, type WatchedExample } from '../drift/causes.ts'
import { createLossWatch, type LossAlarm } from '../drift/loss-watch.ts'
import { swapFacts } from '../drift/swap-facts.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import { SIGNALS } from '../signals.ts'
import type { Change } from './challenger.ts'
import type { History } from './history.ts'
import { createRecentWindow } from './recent-window.ts'
import type { TrainingExample } from './training-example.ts'

export interface DriftAnswerParts {
  config: TrainerConfig
  featureSet: FeatureSet
  desk: ModelDesk
  history: History
  clock: Clock
  signals: Signals
}

/** Watches what was served, and says what is behind an alarm and whether models must follow it. */
export interface DriftAnswer {
  /** @returns the alarm this example raised */
  watch(example: TrainingExample): LossAlarm | undefined
  /** Announces the drift. @returns the change that models must follow; undefined: another model would not help */
  answer(alarm: LossAlarm): Promise<Change | undefined>
  tellSymptoms(): void
}

const BEFORE_EXAMPLES_MAX = 10_000

export function createDriftAnswer(parts: DriftAnswerParts): DriftAnswer {
  const { config, featureSet, desk, history, clock, signals } = parts
  const watch = createLossWatch(config.drift)
  const watched = createRecentWindow<WatchedExample>(config.limits.recentExamplesMax)

  async function causeOf({ symptom, afterExamples }: LossAlarm) {
    const rows = watched.last(afterExamples + BEFORE_EXAMPLES_MAX)
    const split = Math.max(0, rows.length - afterExamples)
    const [before, after] = [rows.slice(0, split), rows.slice(split)]
    const swap = await swapFacts({ symptom, before, after, desk, width: featureSet.width })
    const { names: featureNames, buckets } = featureSet
    return seekCause({ symptom, before, after, featureNames, buckets, swap }, config.drift)
  }

  return {
    watch(example) {
      const { score, label, modelId } = example
      if (score === null) return undefined
      const { symptoms, alarm } = watch.observe({ score, label, modelId })
      watched.add({ example, symptoms })
      return alarm
    },
    async answer(alarm) {
      const { kind, cause } = await causeOf(alarm)
      await desk.announce({
        monitor: `${alarm.symptom}:${config.objective}`,
        kind,
        cause,
        detector: alarm.detector,
        before: alarm.before,
        after: alarm.after,
        examples: alarm.afterExamples,
        modelId: desk.champion()?.manifest.modelId ?? '',
        occurredAtMs: history.lastMs,
        detectedAtMs: clock.nowMs(),
      })
      if (kind !== 'concept' && kind !== 'data') return undefined
      return { atCount: history.count - alarm.afterExamples, kind }
    },
    tellSymptoms() {
      signals.gauge(SIGNALS.overprediction, watch.mean('overprediction'))
      signals.gauge(SIGNALS.overclaim, watch.mean('overclaim'))
    },
  }
}
