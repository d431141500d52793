import type { DriftConfig } from '../config.ts'
import { createFadingMean } from './fading-mean.ts'
import { createOverclaim } from './overclaim.ts'
import { createRiseWatch, type Rise } from './rise-watch.ts'

export type LossWatchOptions = Pick<
  DriftConfig,
  | 'delta'
  | 'clockExamples'
  | 'graceExamples'
  | 'afterExamplesMin'
  | 'overpredictionMin'
  | 'overclaimMin'
  | 'lastingOverclaimMin'
  | 'lastingExamplesMin'
> & {
  /** Examples after the first one of a new model, and after an alarm, in which an alarm is held back. */
  settleExamples: number
}

/** A matured example that a model scored. */
export interface Judged {
  score: number
  label: 0 | 1
  modelId: string
}

/**
 * In what way scores promise more than comes true, both 0 for an honest model: `overprediction` in their level
 * (score − label, a probability), `overclaim` in their differences (nats, overclaim.ts). Together they are what a
 * matured loss has above the one the scores themselves expect; apart each has the variance of its own part only.
 */
export const SYMPTOMS = ['overprediction', 'overclaim'] as const
export type Symptom = (typeof SYMPTOMS)[number]

/** The served scores no longer tell what they promise. Means, in the symptom's unit. */
export interface LossAlarm {
  symptom: Symptom
  before: number
  after: number
  /** Watched examples since the change, by ADWIN's clearest cut. */
  afterExamples: number
}

export interface LossWatch {
  /**
   * Give it every matured example that a model scored, in the order of maturing.
   * @returns the symptoms of this example, and the alarm it raised
   */
  observe(judged: Judged): { symptoms: Readonly<Record<Symptom, number>>; alarm: LossAlarm | undefined }
  /** Mean over the window of each symptom, in its unit. */
  mean(symptom: Symptom): number
}

const BUCKETS_MAX = 5
/** Models that may still have examples on their way: one of these that comes again is no swap. */
const MODELS_MAX = 16
/** Examples over which the usual score is averaged. */
const MEMORY_EXAMPLES = 2_000

/**
 * Watches whether served scores still tell what they promise: ADWIN on each symptom. Only a rise is an alarm. A rise
 * that is too small, or falls into the settling time of a new champion, is held: it becomes an alarm when it is still
 * there, and large enough, afterwards. So a swap may delay an alarm and never loses it. The windows are kept over a swap
 * (an honest model has the level of the honest one before), except after an alarm, when they hold what the replaced model
 * got wrong. An alarm begins new windows, too: the same rise is not announced twice.
 *
 * State: O(log examples). Time: O(log examples) every `clockExamples`, else constant.
 *
 * @example
 * const watch = createLossWatch({ ...config.drift, settleExamples: 1_000 })
 * watch.observe({ score: 0.12, label: 0, modelId: 'ftrl-3' }).alarm // undefined
 */
export function createLossWatch(options: LossWatchOptions): LossWatch {
  const adwin = {
    delta: options.delta,
    clock: options.clockExamples,
    maxBuckets: BUCKETS_MAX,
    minWindowLength: options.afterExamplesMin,
    gracePeriod: options.graceExamples,
  }
  const overclaim = createOverclaim()
  const watches = { overprediction: createRiseWatch(adwin), overclaim: createRiseWatch(adwin) }
  const usualScore = createFadingMean(MEMORY_EXAMPLES)
  const models = new Set<string>()
  let settling = 0
  let isAnswerAwaited = false

  function followModel(modelId: string): void {
    if (models.has(modelId)) return
    if (models.size > 0) settling = options.settleExamples
    models.add(modelId)
    const oldest = models.values().next().value
    if (models.size > MODELS_MAX && oldest !== undefined) models.delete(oldest)
    if (isAnswerAwaited) restart()
    isAnswerAwaited = false
  }

  function restart(): void {
    for (const symptom of SYMPTOMS) watches[symptom].restart()
  }

  function risen(symptom: Symptom): Rise | undefined {
    const { overpredictionMin, overclaimMin, lastingOverclaimMin, lastingExamplesMin } = options
    const watch = watches[symptom]
    if (symptom === 'overprediction') return watch.risen(overpredictionMin * usualScore.mean)
    return (
      watch.risen(overclaimMin * overclaim.promised) ??
      watch.risen(lastingOverclaimMin * overclaim.promised, lastingExamplesMin)
    )
  }

  function alarmed(): LossAlarm | undefined {
    if (settling > 0) return undefined
    for (const symptom of SYMPTOMS) {
      const rise = risen(symptom)
      if (rise === undefined) continue
      restart()
      settling = options.settleExamples
      isAnswerAwaited = true
      return { symptom, before: rise.before, after: rise.after, afterExamples: rise.count }
    }
    return undefined
  }

  return {
    observe({ score, label, modelId }) {
      followModel(modelId)
      usualScore.add(score)
      const symptoms = { overprediction: score - label, overclaim: overclaim.of(score, label, modelId) }
      for (const symptom of SYMPTOMS) watches[symptom].update(symptoms[symptom])
      if (settling > 0) settling -= 1
      return { symptoms, alarm: alarmed() }
    },
    mean: (symptom) => watches[symptom].mean,
  }
}
