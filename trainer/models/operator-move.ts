import type { Example, ModelManifest, ModelMove } from '#schemas'
import type { ModelSession, OpenModel } from '#scorer/model'
import { OperatorError } from '#streams'
import type { PromotionConfig } from '../config.ts'
import { judge } from '../promotion/promotion.ts'
import { forecastsBy, labelledRows } from './labelled-rows.ts'
import { manifestOf, type ModelLog } from './model-log.ts'
import type { ModelWriter } from './model-writer.ts'

export interface OperatorWish {
  action: 'promote' | 'rollback' | 'pin'
  /** Not for a rollback: that takes the model that served before. */
  modelId?: string | undefined
  /** Skips the metrics, never the golden proof. */
  force: boolean
  reason: string
}

/** What was written. */
export interface OperatorMove {
  modelId: string
  /** It stays until an operator moves a model. */
  pinned: boolean
  reason: string
}

export interface OperatorMoveParts {
  modelLog: ModelLog
  openModel: OpenModel
  writer: ModelWriter
  promotion: PromotionConfig
  featureSetId: string
  /** Other sets that are kept beside it, so that models of them can serve; left out: none is. */
  keptSetIds?(): Promise<readonly string[]>
  /** What of the states of `featureSetId` is not built yet, as the end of a sentence; undefined or left out: nothing. */
  unbuilt?(): Promise<string | undefined>
  objective: string
  /** The newest matured examples, oldest first: what the metrics are measured on. */
  newestExamples(): Promise<readonly Example[]>
}

/**
 * Moves a model because an operator wants it: the same gate as a trainer's own (a whole file, the golden proof, metrics
 * against the live model on the newest examples). A trainer that runs takes the champion over from the log.
 *
 * @throws OperatorError when the gate is closed: nothing was written
 */
export async function moveByOperator(wish: OperatorWish, given: OperatorMoveParts): Promise<OperatorMove> {
  const { modelLog, writer } = given
  const move = targetOf(wish, modelLog)
  const parts = await onKeptSet(move, given)
  const manifest = checkedManifest(move, parts)
  const live = modelLog.live()
  const isLive = live?.modelId === move.modelId
  await refuseUnbuilt(manifest, live, given)
  const gate = await throughGate(wish, { manifest, live: isLive ? undefined : live }, parts, isLive)
  const reason = `By an operator (${wish.action}${wish.force ? ', metrics skipped' : ''}): ${wish.reason || gate}`
  const why = { reason, occurredAtMs: live?.occurredAtMs ?? move.occurredAtMs }
  const pinned = wish.action === 'pin'
  await writer.move(manifest, 'champion', { ...why, pinned })
  // Whatever else still says champion does not serve any more.
  for (const other of modelLog.moves()) {
    const old = other.stage === 'champion' && other.modelId !== move.modelId ? manifestOf(other) : undefined
    if (old !== undefined)
      await writer.move(old, 'retired', { ...why, reason: `Replaced by ${move.modelId}, by an operator.` })
  }
  return { modelId: move.modelId, pinned, reason }
}

/** The live model of another set answers: one whose states are not built would not. */
async function refuseUnbuilt(
  { modelId, featureSetId }: ModelManifest,
  live: ModelMove | undefined,
  { unbuilt, featureSetId: configuredId }: OperatorMoveParts,
): Promise<void> {
  const serving = live === undefined ? undefined : manifestOf(live)
  if (featureSetId !== configuredId || serving === undefined || serving.featureSetId === featureSetId) return
  const lacks = await unbuilt?.()
  if (lacks !== undefined) throw setNotBuilt(modelId, featureSetId, serving, lacks)
}

const setNotBuilt = (modelId: string, featureSetId: string, live: ModelManifest, lacks: string) =>
  new OperatorError(
    'model_set_not_built',
    `${modelId} is not promoted, forced or not: of its feature set ${featureSetId}, ${lacks} ${live.modelId}, of ${live.featureSetId}, goes on serving.`,
  )

/** A model of an old set is judged on examples of that set, as long as the set is kept. */
async function onKeptSet(move: ModelMove, parts: OperatorMoveParts): Promise<OperatorMoveParts> {
  const featureSetId = manifestOf(move)?.featureSetId ?? parts.featureSetId
  if (featureSetId === parts.featureSetId) return parts
  const kept = (await parts.keptSetIds?.()) ?? []
  return kept.includes(featureSetId) ? { ...parts, featureSetId } : parts
}

/** @throws OperatorError when there is no such model */
export function moveOf(modelId: string | undefined, modelLog: ModelLog): ModelMove {
  const found = modelLog.moves().find((move) => move.modelId === modelId)
  if (found !== undefined) return found
  throw new OperatorError(
    'model_unknown',
    `There is no model ${modelId ?? ''}: \`feedloop models list\` shows all of them.`,
  )
}

function targetOf({ action, modelId }: OperatorWish, modelLog: ModelLog): ModelMove {
  if (action !== 'rollback') return moveOf(modelId, modelLog)
  const before = modelLog
    .moves()
    .filter(({ stage, modelId: id }) => stage === 'retired' && modelLog.file(id) !== undefined)
  const last = before.at(-1)
  if (last !== undefined) return last
  throw new OperatorError(
    'model_none_before',
    'No model that served before still has its file: there is nothing to roll back to.',
  )
}

/** Of a model that this feed could serve. @throws OperatorError */
export function checkedManifest(
  move: ModelMove,
  { modelLog, featureSetId, objective }: Pick<OperatorMoveParts, 'modelLog' | 'featureSetId' | 'objective'>,
): ModelManifest {
  const { modelId } = move
  const manifest = manifestOf(move)
  if (manifest === undefined)
    throw new OperatorError('model_unreadable', `The manifest of ${modelId} cannot be read.`)
  if (modelLog.file(modelId) === undefined) {
    throw new OperatorError(
      'model_file_gone',
      `The file of ${modelId} is gone (withdrawn when it was ${move.stage}): no scorer could open it. \`feedloop models list\` shows which files are kept.`,
    )
  }
  if (manifest.featureSetId !== featureSetId || manifest.label !== objective) {
    throw new OperatorError(
      'model_unfit',
      `${modelId} was made for the feature set ${manifest.featureSetId} and the label ${manifest.label}; this feed has ${featureSetId} and ${objective}.`,
    )
  }
  return manifest
}

interface Compared {
  manifest: ModelManifest
  /** undefined: there is nothing to compare with. */
  live: ModelMove | undefined
}

/** @returns what spoke for it */
async function throughGate(
  { force }: OperatorWish,
  compared: Compared,
  parts: OperatorMoveParts,
  isLive: boolean,
): Promise<string> {
  const { manifest } = compared
  const session = await proven(manifest, parts)
  try {
    if (force) return 'its golden rows are proven.'
    if (isLive) return 'it is live already.'
    const { promoted, reason } = await judged(session, compared, parts)
    if (promoted) return reason
    throw new OperatorError(
      'model_not_better',
      `${manifest.modelId} does not pass the gate. ${reason} \`--force --reason TEXT\` skips the metrics.`,
    )
  } finally {
    await session.close()
  }
}

/** @throws OperatorError when the code that would serve it refuses it */
export async function proven(
  manifest: ModelManifest,
  { modelLog, openModel }: Pick<OperatorMoveParts, 'modelLog' | 'openModel'>,
): Promise<ModelSession> {
  try {
    return await openModel(modelLog.file(manifest.modelId)!, manifest)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new OperatorError(
      'model_refused',
      `${manifest.modelId} is refused by the code that would serve it: ${said}`,
      {
        cause: error,
      },
    )
  }
}

async function judged(session: ModelSession, { live }: Compared, parts: OperatorMoveParts) {
  const { promotion, objective, featureSetId } = parts
  const rows = labelledRows(await parts.newestExamples(), { objective, featureSetId })
  const forecastsOf = (model: ModelSession) => forecastsBy(model, rows)
  const candidate = await forecastsOf(session)
  const against = live === undefined ? undefined : manifestOf(live)
  // A model of another feature set cannot be asked about these rows.
  const isComparable = against?.featureSetId === featureSetId
  if (against === undefined || !isComparable || parts.modelLog.file(against.modelId) === undefined)
    return judge({ candidate, champion: null }, promotion)
  const serving = await proven(against, parts)
  try {
    return judge(
      { candidate, champion: { modelId: against.modelId, forecasts: await forecastsOf(serving) } },
      promotion,
    )
  } finally {
    await serving.close()
  }
}
