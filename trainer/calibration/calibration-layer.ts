import { type Calibration, calibrationIdOf, IDENTITY_CALIBRATION } from '#schemas'
import { calibratedBy, logOddsOf, ModelCallError, type ProvenModel } from '#scorer/model'
import { createRecentWindow, type RecentWindow } from '../learning/recent-window.ts'
import { type TrainingExample, vectorsOf } from '../learning/training-example.ts'
import { chooseCalibration } from './choose-calibration.ts'
import type { CalibrationConfig } from './config.ts'

export interface CalibrationLayerParts {
  config: CalibrationConfig
  /** The model that answers now, with the calibration it has. */
  serving(): ProvenModel | undefined
  /** It answers by this one from now on. @param atMs event time */
  recalibrate(calibration: Calibration, told: { atMs: number; examples: number }): Promise<void>
}

/** Keeps the scores of whoever serves true between the fits of models. */
export interface CalibrationLayer {
  /** In the order in which they matured. */
  add(example: TrainingExample): void
  /** Whether `refit` would fit: what was asked before must have been scored. */
  isDue(): boolean
  /** Fits the calibration of the model that serves anew, when it is due. */
  refit(): Promise<void>
  /**
   * A younger model of the same learner and window is about to serve: it will err much as this one did on what it had not
   * seen, so it begins with this one's scores of that, and a refit is due at once.
   */
  handOver(): Promise<void>
  /** Takes back what matured from this event time on: its labels had not arrived. */
  forgetSince(maturedAtMs: number): void
  /** Something changed: only the last `count` examples count. */
  keepLast(count: number): void
}

const MINUTE_MS = 60_000
/** Examples before the first fit, and of those fitted last the share that must be new: a refit then costs O(1) an example. */
const NEW_EXAMPLES_MIN = 50
const NEW_SHARE_MIN = 0.05

/** What is known of the model that serves. */
interface Seen {
  modelId: string
  /** Matured after the model was trained, not yet scored by it. */
  waiting: RecentWindow<TrainingExample>
  /** By the file, without calibration. */
  logOdds: number[]
  labels: number[]
  /** Examples since the last fit. */
  fresh: number
  /** Event time; of a new model that up to which it was trained. */
  fittedAtMs: number
}

/**
 * Every `everyMinutes` of event time the examples that matured after the serving model was trained are scored by its file,
 * and the calibration is chosen that fits them (`chooseCalibration`). What a model has learned from never calibrates it.
 */
export function createCalibrationLayer(parts: CalibrationLayerParts): CalibrationLayer {
  const { everyMinutes, examplesMax, kinds } = parts.config
  const recent = createRecentWindow<TrainingExample>(examplesMax)
  let atMs = -Infinity
  let seen: Seen | undefined
  /** What the next model begins with. */
  let left: Pick<Seen, 'logOdds' | 'labels'> | undefined

  /** Of the model that serves; one that is new begins with what matured after it was trained. */
  function current(): Seen | undefined {
    const manifest = parts.serving()?.manifest
    if (manifest === undefined || kinds.length === 0) return undefined
    const { modelId, trainedOn } = manifest
    if (seen?.modelId === modelId) return seen
    const waiting = createRecentWindow<TrainingExample>(examplesMax)
    for (const example of recent.last()) if (example.maturedAtMs > trainedOn.toMs) waiting.add(example)
    const { logOdds, labels } = left ?? { logOdds: [], labels: [] }
    const fresh = waiting.length + labels.length
    seen = {
      modelId,
      waiting,
      logOdds,
      labels,
      fresh,
      fittedAtMs: left === undefined ? trainedOn.toMs : -Infinity,
    }
    left = undefined
    return seen
  }

  function isDue(): boolean {
    const found = current()
    if (found === undefined || atMs - found.fittedAtMs < everyMinutes * MINUTE_MS) return false
    return found.fresh >= Math.max(NEW_EXAMPLES_MIN, NEW_SHARE_MIN * found.labels.length)
  }

  function keep(examples: readonly TrainingExample[]): void {
    recent.clear()
    for (const example of examples) recent.add(example)
    const before = seen
    seen = undefined
    left = undefined
    const again = current()
    if (again !== undefined && again.modelId === before?.modelId) again.fittedAtMs = before.fittedAtMs
  }

  return {
    add(example) {
      recent.add(example)
      atMs = Math.max(atMs, example.maturedAtMs)
      const model = parts.serving()
      const found = seen
      if (found === undefined || found.modelId !== model?.manifest.modelId) return
      if (example.maturedAtMs <= model.manifest.trainedOn.toMs) return
      found.waiting.add(example)
      found.fresh += 1
    },
    isDue,
    async refit() {
      const model = parts.serving()
      if (!isDue() || model === undefined) return
      const found = current()!
      await scoreWaiting(model, found, examplesMax)
      found.fittedAtMs = atMs
      found.fresh = 0
      const rows = { logOdds: Float64Array.from(found.logOdds), labels: Uint8Array.from(found.labels) }
      const calibration = chooseCalibration(rows, kinds)
      if (calibrationIdOf(calibration) === model.manifest.calibrationId) return
      await parts.recalibrate(calibration, { atMs, examples: rows.labels.length })
    },
    async handOver() {
      const found = current()
      if (found === undefined) return
      await scoreWaiting(parts.serving()!, found, examplesMax)
      left = found
    },
    forgetSince: (maturedAtMs) => keep(recent.last().filter((example) => example.maturedAtMs < maturedAtMs)),
    keepLast: (count) => keep(recent.last(count)),
  }
}

/** Adds what the file says of the waiting. */
async function scoreWaiting(model: ProvenModel, found: Seen, examplesMax: number): Promise<void> {
  const waiting = found.waiting.last()
  if (waiting.length === 0) return
  found.waiting.clear()
  const raw = model.recalibrated({ ...model.manifest, ...calibratedBy(IDENTITY_CALIBRATION) })!
  try {
    const scores = await raw.predict(vectorsOf(waiting, model.manifest.width), waiting.length)
    found.logOdds = [...found.logOdds, ...Array.from(scores, logOddsOf)].slice(-examplesMax)
    found.labels = [...found.labels, ...waiting.map(({ label }) => label)].slice(-examplesMax)
  } catch (error) {
    // These are missed; a session that has failed is replaced by whoever opened it.
    if (!(error instanceof ModelCallError)) throw error
  } finally {
    await raw.close()
  }
}
