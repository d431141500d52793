import type { Clock, Signals } from '#streams'
import { FitError } from '../errors.ts'
import { batchSettingsSchema, type LearnerChoice } from '../learners/choice.ts'
import type { LearnerTask, TrainingRows } from '../learners/learner.ts'
import { SIGNALS } from '../signals.ts'
import type { Fitter } from './fitter.ts'
import { createWarmFits, type WarmFits } from './warm-fits.ts'
import type { History } from './history.ts'
import type { EndedFit, FitFacts, MakingResult, ModelSource } from './model-source.ts'
import { fadedBefore, rowsOf } from './rows.ts'
import { withChosenSettings } from './settings-choice.ts'
import type { ExampleWindow } from './window/example-window.ts'

export interface BatchSourceParts {
  choice: LearnerChoice
  task: LearnerTask
  history: History
  window: ExampleWindow
  /** Of the window; that of the learner counts first. */
  halfLifeMinutes: number | undefined
  /** Golden rows of the moment. */
  goldenVectors: () => Float32Array
  /** What came before a drift that was answered: so much of its weight stays. */
  drift: { keptShare: number }
  fitter: Fitter
  clock: Clock
  signals: Signals
}

type Gather = () => TrainingRows | Promise<TrainingRows>

interface Fit {
  ends: AbortController
  beganAtMs: number
  /** undefined: its rows are still being read. */
  facts: FitFacts | undefined
  isTold: boolean
  result: MakingResult | undefined
  over: Promise<void>
}

/**
 * Fits the examples of the window beside the stream: examples go on being taken while the fit runs. Those from before a drift that
 * was answered hardly count any more.
 */
export function createBatchSource(parts: BatchSourceParts): ModelSource {
  const { choice, task, history, window, goldenVectors, drift, fitter, clock, signals } = parts
  const { halfLifeMinutes = parts.halfLifeMinutes, anewShare } = batchSettingsSchema.parse(choice)
  const fits = createWarmFits(withChosenSettings(fitter), anewShare)
  let fit: Fit | undefined
  let stretches = -1
  let changedAtMs = -Infinity

  const ended = ({ facts, beganAtMs }: Fit): EndedFit | undefined =>
    facts && { ...facts, seconds: (clock.nowMs() - beganAtMs) / 1_000 }

  function abandon(): EndedFit | undefined {
    const given = fit
    fit = undefined
    given?.ends.abort()
    if (given === undefined || given.result !== undefined) return undefined
    // Nothing can go on from a model that will not come.
    fits.forget()
    return given.isTold ? ended(given) : undefined
  }

  function begin(gather: Gather): void {
    abandon()
    const begun: Fit = {
      ends: new AbortController(),
      beganAtMs: clock.nowMs(),
      facts: undefined,
      isTold: false,
      result: undefined,
      over: Promise.resolve(),
    }
    fit = begun
    const now = { seen: history.count, toMs: history.lastMs, golden: goldenVectors() }
    // Not awaited: minutes may pass. Whoever asks `finished` is told.
    begun.over = modelOf(parts, fits, begun, { gather, ...now })
      .catch((error: unknown): MakingResult => ({ kind: 'failed', error }))
      .then((result) => {
        const outcome = begun.ends.signal.aborted ? 'abandoned' : result.kind
        signals.count(SIGNALS.fitsEnded, { outcome })
        const over = ended(begun)
        begun.result = over === undefined ? result : { ...result, fit: over }
      })
  }

  return {
    take() {
      // The window keeps it.
    },
    hasNews: () => window.stretches === 0 || window.stretches !== stretches,
    begin() {
      stretches = window.stretches
      const faded = (rows: TrainingRows) => fadedBefore(changedAtMs, rows, drift.keptShare)
      begin(() => {
        const rows = window.rows(halfLifeMinutes)
        return rows instanceof Promise ? rows.then(faded) : faded(rows)
      })
    },
    beginAnew(since) {
      fits.forget()
      changedAtMs = since[0]?.occurredAtMs ?? changedAtMs
      begin(() => rowsOf(since, { width: task.width, halfLifeMinutes }))
    },
    begun() {
      if (fit?.facts === undefined || fit.isTold) return undefined
      fit.isTold = true
      return fit.facts
    },
    finished() {
      const result = fit?.result
      if (result !== undefined) fit = undefined
      return result
    },
    settled: () => fit?.over ?? Promise.resolve(),
    abandon,
  }
}

async function modelOf(
  { choice, task, signals }: BatchSourceParts,
  fits: WarmFits,
  begun: Fit,
  { gather, seen, toMs, golden }: { gather: Gather; seen: number; toMs: number; golden: Float32Array },
): Promise<MakingResult> {
  const gathered = gather()
  // At once where it can be: models in memory are the same from run to run.
  const rows = gathered instanceof Promise ? await gathered : gathered
  const facts = factsOf(rows, toMs)
  begun.facts = facts
  refuseOneLabel(facts)
  const { signal } = begun.ends
  if (signal.aborted) throw new FitError('fit_aborted', 'the fit was given up before it began')
  const progress = (share: number) => signals.gauge(SIGNALS.fitProgress, share)
  const { seed } = batchSettingsSchema.parse(choice)
  const model = await fits.fit({ choice, task, rows, seed, goldenVectors: golden }, seen, {
    signal,
    progress,
  })
  return { kind: 'made', model: { ...model, trainedOn: { fromMs: facts.fromMs, toMs } } }
}

function factsOf({ labels, count, occurredAtMs }: TrainingRows, toMs: number): FitFacts {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const fromMs = occurredAtMs!.reduce((first, ms) => Math.min(first, ms), Infinity)
  return { examples: count, positives, fromMs, toMs }
}

/** The live model stays: what tells nothing apart would only be refused later. */
function refuseOneLabel({ examples, positives }: FitFacts): void {
  if (examples === 0 || (positives > 0 && positives < examples)) return
  const all = positives === 0 ? 'negative' : 'positive'
  throw new FitError(
    'fit_one_label',
    `all ${String(examples)} examples of the window are ${all}, so there is nothing to tell apart: take a longer window, or see whether labels arrive`,
  )
}
