import type { ModelMove } from '#schemas'
import type { TellJudged } from '../learning/judge.ts'
import { curvesOf } from '../metrics/index.ts'
import { manifestOf } from '../models/model-log.ts'
import { SIGNALS } from '../signals.ts'
import { LIVE_MODEL_FILE, liveRunId, liveRunOf } from './live-run.ts'
import type { LiveTrackerParts } from './live-tracker.ts'
import { TAGS } from './mlflow.ts'
import { CURVES_FILE } from './run-images.ts'

/** Moves between two turns; of more the oldest are given up. */
const NOTED_MOVES_MAX = 1_000
/** Models whose curves wait for their verdict. */
const CURVES_KEPT_MAX = 100

export type LiveRunParts = Pick<
  LiveTrackerParts,
  | 'config'
  | 'learners'
  | 'prefix'
  | 'experiment'
  | 'registeredModel'
  | 'mlflow'
  | 'outbox'
  | 'modelLog'
  | 'signals'
>

/** Writes a run for each model that was judged, once, and before that one of it on trial. */
export function createLiveRuns(parts: LiveRunParts) {
  const { config, mlflow, outbox, modelLog, signals } = parts
  const noted: ModelMove[] = []
  const told = new Set<string>()
  const onTrial = new Set<string>()
  const curves = new Map<string, string>()

  async function write(move: ModelMove): Promise<void> {
    const { modelId } = move
    const manifest = manifestOf(move)
    if (manifest === undefined || told.has(modelId)) return
    const onnx = move.stage === 'rejected' ? undefined : modelLog.file(modelId)
    const drawn = curves.get(modelId)
    const run = liveRunOf({
      ...parts,
      ...{ move, manifest, withFile: onnx !== undefined, withCurves: drawn !== undefined },
    })
    // It on trial may still wait: the verdict takes its place.
    await outbox.remove(liveRunId(parts.prefix, modelId))
    const files = new Map<string, Uint8Array>()
    if (onnx !== undefined) files.set(LIVE_MODEL_FILE, onnx)
    if (drawn !== undefined) files.set(CURVES_FILE, Buffer.from(drawn))
    await outbox.add(run, files)
    if (move.stage === 'candidate') return void onTrial.add(modelId)
    told.add(modelId)
    curves.delete(modelId)
  }

  /** Of a model that came from MLflow: it has a run there, of another name. */
  async function hasVersion({ modelId, stage }: ModelMove): Promise<boolean> {
    if (stage === 'rejected' || modelLog.file(modelId) === undefined) return false
    const found = await mlflow.versionsOf(parts.registeredModel, { tag: TAGS.modelId, value: modelId })
    return found.some(({ tags }) => tags[TAGS.runId] !== liveRunId(parts.prefix, modelId))
  }

  const noteJudged: TellJudged = (modelId, { forecasts, occurredAtMs }) => {
    curves.set(modelId, JSON.stringify(curvesOf(forecasts, occurredAtMs)))
    if (curves.size > CURVES_KEPT_MAX) curves.delete(curves.keys().next().value!)
  }

  return {
    noteJudged,
    note(move: ModelMove): void {
      noted.push(move)
      if (noted.length <= NOTED_MOVES_MAX) return
      noted.shift()
      signals.count(SIGNALS.runsGivenUp, { reason: 'full' })
    },
    async writeNoted(): Promise<void> {
      while (noted.length > 0) {
        await write(noted[0]!)
        noted.shift()
      }
    },
    /** Candidates that wait for their verdict. @returns whether there is one that MLflow was not told of */
    async writeTrials(): Promise<boolean> {
      const fresh = modelLog
        .candidates()
        .filter(({ modelId }) => !onTrial.has(modelId) && modelLog.file(modelId) !== undefined)
      for (const move of fresh) if (!(await hasVersion(move))) await write(move)
      for (const { modelId } of fresh) onTrial.add(modelId)
      return fresh.length > 0
    },
    /** Models of the log that MLflow does not have: from before this process led, or given up. */
    async catchUp(): Promise<void> {
      const experimentId = await mlflow.experimentId(parts.experiment)
      const runs = await mlflow.runsTagged(experimentId, TAGS.source, 'live')
      const sent = runs.filter(({ tags }) => tags[TAGS.sent] === 'true')
      const known = new Set(sent.map(({ tags }) => tags[TAGS.runId]))
      for (const { name } of await outbox.list()) known.add(name)
      const judged = modelLog.moves().filter(({ stage }) => stage !== 'candidate')
      for (const move of judged.slice(-config.earlierModelsMax)) {
        const isKnown = known.has(liveRunId(parts.prefix, move.modelId)) || (await hasVersion(move))
        if (isKnown) told.add(move.modelId)
        else await write(move)
      }
    },
  }
}
