import type { DriftConfig } from '../config.ts'
import { type Adwin, createAdwin } from './adwin.ts'
import { createOverclaim } from './overclaim.ts'

export type LossWatchOptions = Pick<
  DriftConfig,
  'delta' | 'clockExamples' | 'graceExamples' | 'afterExamplesMin' | 'riseMin'
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

/** The served scores no longer tell what they claim. Mean overclaim, nats. */
export interface LossAlarm {
  before: number
  after: number
  /** Watched examples since the change, by ADWIN's clearest cut. */
  afterExamples: number
}

export interface LossWatch {
  /**
   * Give it every matured example that a model scored, in the order of maturing.
   * @returns the overclaim of this example (nats), and the alarm it raised
   */
  observe(judged: Judged): { overclaimed: number; alarm: LossAlarm | undefined }
  /** Mean overclaim over the window, nats; 0 for an honest model. */
  readonly mean: number
  /** In the window. */
  readonly examples: number
}

/** A rise that ADWIN is sure of and that is not yet an alarm: too small so far, or a model has just been replaced. */
interface HeldRise {
  calm: number
  examples: number
}

const BUCKETS_MAX = 5
/** Models that may still have examples on their way: one of these that comes again is no swap. */
const MODELS_MAX = 16

/**
 * Watches whether served scores still tell what they claim: ADWIN on the overclaim (overclaim.ts). Only a rise is an
 * alarm. A rise that is too small, or falls into the settling time of a new champion, is held: it becomes an alarm
 * when it is still there, and large enough, afterwards. So a swap may delay an alarm and never loses it. The window
 * is kept over a swap (an honest model has the level of the honest one before), except after an alarm, when it holds
 * what the replaced model got wrong. An alarm begins a window, too: the same rise is not announced twice.
 *
 * State: O(log examples). Time: O(log examples) every `clockExamples`, else constant.
 *
 * @example
 * const watch = createLossWatch({ ...config.drift, settleExamples: 1_000 })
 * watch.observe({ score: 0.12, label: 0, modelId: 'ftrl-3' }).alarm // undefined
 */
export function createLossWatch(options: LossWatchOptions): LossWatch {
  const overclaim = createOverclaim()
  const models = new Set<string>()
  let adwin = freshWindow(options)
  let settling = 0
  let held: HeldRise | undefined
  let isAnswerAwaited = false

  function followModel(modelId: string): void {
    if (models.has(modelId)) return
    if (models.size > 0) settling = options.settleExamples
    models.add(modelId)
    const oldest = models.values().next().value
    if (models.size > MODELS_MAX && oldest !== undefined) models.delete(oldest)
    if (!isAnswerAwaited) return
    adwin = freshWindow(options)
    held = undefined
    isAnswerAwaited = false
  }

  /** @returns the mean since the held rise began */
  function hold(value: number): number {
    const cut = adwin.update(value)
    if (held !== undefined) held.examples += 1
    if (cut === undefined) return adwin.mean
    const calm = Math.min(cut.before, held?.calm ?? Infinity)
    held = cut.after > cut.before ? { calm, examples: cut.afterCount } : undefined
    // The cut's younger side: the window may still hold some of the older.
    return cut.after
  }

  function alarmed(after: number): LossAlarm | undefined {
    if (held === undefined || settling > 0) return undefined
    const { calm: before, examples: afterExamples } = held
    if (after <= before) held = undefined
    if (after - before < options.riseMin) return undefined
    held = undefined
    adwin = freshWindow(options)
    settling = options.settleExamples
    isAnswerAwaited = true
    return { before, after, afterExamples }
  }

  return {
    observe({ score, label, modelId }) {
      followModel(modelId)
      const overclaimed = overclaim.of(score, label, modelId)
      if (settling > 0) settling -= 1
      return { overclaimed, alarm: alarmed(hold(overclaimed)) }
    },
    get mean() {
      return adwin.mean
    },
    get examples() {
      return adwin.width
    },
  }
}

function freshWindow(options: LossWatchOptions): Adwin {
  return createAdwin({
    delta: options.delta,
    clock: options.clockExamples,
    maxBuckets: BUCKETS_MAX,
    minWindowLength: options.afterExamplesMin,
    gracePeriod: options.graceExamples,
  })
}
