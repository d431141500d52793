import type { Calibration, DriftEvent, ModelManifest, ModelMove } from '#schemas'
import { calibratedBy, type OpenModel, type ProvenModel } from '#scorer/model'
import type { Clock, Logger, Outputs, Signals } from '#streams'
import type { PromotionConfig } from '../config.ts'
import type { Candidate } from '../export/candidate.ts'
import { LOG_EVENTS } from '../signals.ts'
import { manifestOf, type ModelLog } from './model-log.ts'
import { withdrawStrayFiles } from './stray-files.ts'
import { createModelWriter, type ModelWriter, type MoveReason } from './model-writer.ts'

export interface ModelDeskParts {
  outputs: Outputs
  openModel: OpenModel
  modelLog: ModelLog
  featureSetId: string
  objective: string
  config: PromotionConfig
  clock: Clock
  log: Logger
  signals: Signals
}

/** The one place that opens and moves models, whoever made them. */
export interface ModelDesk {
  /**
   * What other trainers and learners left: the champion is opened.
   * @returns the candidates nobody judged, opened; those that cannot be judged are rejected
   */
  takeOver(at: { occurredAtMs: number }): Promise<ProvenModel[]>
  /** Candidates that somebody else has put into the log since, opened; those that cannot be judged are rejected. */
  newcomers(at: { occurredAtMs: number }): Promise<ProvenModel[]>
  /** File, then move to `candidate`, then proof in a real session; undefined: refused and rejected. */
  propose(candidate: Candidate, why: MoveReason): Promise<ProvenModel | undefined>
  /** The session becomes the champion's, what was champion is retired. */
  promote(session: ProvenModel, metrics: Record<string, number>, why: MoveReason): Promise<void>
  /** The champion answers by this calibration from now on, unless an operator has named another model. */
  recalibrate(calibration: Calibration, why: MoveReason): Promise<void>
  /** How a model on trial stands so far. */
  measure(session: ProvenModel, metrics: Record<string, number>, why: MoveReason): Promise<void>
  /** Closes the session and gives up the file. */
  reject(session: ProvenModel, metrics: Record<string, number>, why: MoveReason): Promise<void>
  /** Opens the champion that an operator named since, if one did. */
  followOperator(): Promise<void>
  /** Id of the champion that an operator keeps. */
  pinned(): string | undefined
  announce(event: DriftEvent): Promise<void>
  /** The same of what is no alarm. */
  tell(event: DriftEvent): Promise<void>
  /** The champion and the model it replaced. */
  champion(): ProvenModel | undefined
  replaced(): ProvenModel | undefined
  close(): Promise<void>
}

/** Candidates of others that are judged at the same time; of more the latest. */
const FOUND_CANDIDATES_MAX = 8

export function createModelDesk(parts: ModelDeskParts): ModelDesk {
  const { modelLog, config } = parts
  const writer = createModelWriter({ ...parts, artifactChunkBytes: config.artifactChunkBytes })
  const retired = createRetiredModels(writer, config.retiredKeptMax)
  const found = createFoundCandidates(parts, writer)
  let champion: ProvenModel | undefined
  let replaced: ProvenModel | undefined
  /** Our own promotion, until it comes back from the log. */
  let awaited: string | undefined
  /** Named by an operator, and could not be opened: told once. */
  let refused: string | undefined

  return {
    async takeOver(at) {
      await withdrawStrayFiles(parts, writer)
      for (const manifest of retiredIn(modelLog)) retired.found(manifest)
      champion = await openChampion(parts)
      return found.all(at)
    },
    newcomers: (at) => found.newcomers(at),
    propose(candidate, why) {
      found.note(candidate.manifest.modelId)
      return proposed(parts, writer, candidate, why)
    },
    async promote(session, metrics, why) {
      const old = champion
      const manifest = { ...session.manifest, metrics }
      await writer.move(manifest, 'champion', why)
      awaited = manifest.modelId
      await replaced?.close()
      replaced = old
      champion = await recalibratedTo(manifest, session)
      const reason = `Replaced by ${manifest.modelId}.`
      if (old !== undefined) await retired.retire(old.manifest, { reason, occurredAtMs: why.occurredAtMs })
    },
    async recalibrate(calibration, why) {
      const live = modelLog.live()
      if (champion === undefined || (live ?? champion.manifest).modelId !== champion.manifest.modelId) return
      champion = await recalibratedTo({ ...champion.manifest, ...calibratedBy(calibration) }, champion)
      await writer.calibrate(champion.manifest, { ...why, pinned: live?.pinned === true })
    },
    async reject(session, metrics, why) {
      await rejectModel(writer, { ...session.manifest, metrics }, why)
      await session.close()
    },
    async followOperator() {
      if (awaited !== undefined) {
        const own = modelLog.moves().find(({ modelId }) => modelId === awaited)
        if (own === undefined || own.stage === 'candidate') return
        awaited = undefined
      }
      const live = modelLog.live()
      if (live === undefined || [champion?.manifest.modelId, refused].includes(live.modelId)) return
      const named = await openChampion(parts)
      if (named === undefined) {
        refused = live.modelId
        return
      }
      await replaced?.close()
      replaced = champion
      champion = named
      retired.serves(live.modelId)
      if (replaced !== undefined) retired.found(replaced.manifest)
    },
    pinned() {
      const live = modelLog.live()
      return live?.pinned === true ? live.modelId : undefined
    },
    ...tellingOf(writer),
    champion: () => champion,
    replaced: () => replaced,
    async close() {
      await champion?.close()
      await replaced?.close()
      champion = undefined
      replaced = undefined
    },
  }
}

/** What is told of models that stay where they are. */
const tellingOf = ({
  announce,
  tell,
  measure,
}: ModelWriter): Pick<ModelDesk, 'announce' | 'tell' | 'measure'> => ({
  announce,
  tell,
  measure: (session, metrics, why) => measure({ ...session.manifest, metrics }, 'candidate', why),
})

/** The session's file under this manifest, which wants the same proof; the session is closed. */
async function recalibratedTo(manifest: ModelManifest, session: ProvenModel): Promise<ProvenModel> {
  const calibrated = session.recalibrated(manifest)!
  await session.close()
  return calibrated
}

function retiredIn(modelLog: ModelLog): ModelManifest[] {
  const moves = modelLog.moves().filter(({ stage }) => stage === 'retired')
  return moves.map(manifestOf).filter((manifest) => manifest !== undefined)
}

/** Models that once served, oldest first: the files of the last ones stay, for rollback. */
function createRetiredModels(writer: ModelWriter, keptMax: number) {
  const retired: ModelManifest[] = []
  return {
    found(manifest: ModelManifest): void {
      retired.push(manifest)
    },
    /** It serves again: its file must stay. */
    serves(modelId: string): void {
      const at = retired.findIndex((manifest) => manifest.modelId === modelId)
      if (at >= 0) retired.splice(at, 1)
    },
    async retire(manifest: ModelManifest, why: MoveReason): Promise<void> {
      await writer.move(manifest, 'retired', why)
      retired.push(manifest)
      while (retired.length > keptMax) await writer.withdrawFile(retired.shift()!)
    },
  }
}

async function rejectModel(writer: ModelWriter, manifest: ModelManifest, why: MoveReason): Promise<void> {
  await writer.move(manifest, 'rejected', why)
  await writer.withdrawFile(manifest)
}

async function proposed(
  parts: ModelDeskParts,
  writer: ModelWriter,
  candidate: Candidate,
  why: MoveReason,
): Promise<ProvenModel | undefined> {
  await withdrawStrayFiles(parts, writer)
  await writer.writeFile(candidate)
  await writer.move(candidate.manifest, 'candidate', why)
  return openOrReject(parts, writer, candidate, why)
}

async function openOrReject(
  { openModel }: ModelDeskParts,
  writer: ModelWriter,
  { onnx, manifest }: Candidate,
  why: MoveReason,
): Promise<ProvenModel | undefined> {
  try {
    return await openModel(onnx, manifest)
  } catch (error) {
    const reason = `Refused by the code that would serve it: ${error instanceof Error ? error.message : String(error)}`
    await rejectModel(writer, manifest, { ...why, reason })
    return undefined
  }
}

async function openChampion(parts: ModelDeskParts): Promise<ProvenModel | undefined> {
  const { modelLog, openModel, log } = parts
  const found = modelLog.champion()
  if (found === undefined) return undefined
  const { manifest, onnx } = found
  const { modelId } = manifest
  if (unfitness(manifest, parts) !== undefined) {
    log.warn({ modelId }, LOG_EVENTS.championMissing)
    return undefined
  }
  try {
    return await openModel(onnx, manifest)
  } catch (error) {
    log.warn({ modelId, error }, LOG_EVENTS.championMissing)
    return undefined
  }
}

/** Candidates of others, each opened once. */
function createFoundCandidates(parts: ModelDeskParts, writer: ModelWriter) {
  const { modelLog } = parts
  /** Judged here, or being judged. */
  const known = new Set<string>()
  const opened = (moves: readonly ModelMove[], at: { occurredAtMs: number }) => {
    for (const { modelId } of moves) known.add(modelId)
    return openCandidates(parts, writer, moves, at)
  }
  return {
    note: (modelId: string) => void known.add(modelId),
    all: (at: { occurredAtMs: number }) => opened(modelLog.candidates(), at),
    /** A file may come after its move: it is looked at again until it is whole. */
    newcomers: (at: { occurredAtMs: number }) =>
      opened(
        modelLog
          .candidates()
          .filter(({ modelId }) => !known.has(modelId) && modelLog.file(modelId) !== undefined),
        at,
      ),
  }
}

/** Candidates in the log that nobody judged, whoever made them. */
async function openCandidates(
  parts: ModelDeskParts,
  writer: ModelWriter,
  found: readonly ModelMove[],
  { occurredAtMs }: { occurredAtMs: number },
): Promise<ProvenModel[]> {
  const { modelLog } = parts
  const opened: ProvenModel[] = []
  for (const [at, move] of found.entries()) {
    const manifest = manifestOf(move)
    if (manifest === undefined) continue
    const isTooMany = at < found.length - FOUND_CANDIDATES_MAX
    const onnx = modelLog.file(manifest.modelId)
    const reason =
      unfitness(manifest, parts) ??
      (isTooMany
        ? `More than ${String(FOUND_CANDIDATES_MAX)} candidates waited at the same time.`
        : undefined)
    if (reason !== undefined || onnx === undefined) {
      const why = { reason: reason ?? 'Its file is not whole.', occurredAtMs }
      await rejectModel(writer, manifest, why)
      continue
    }
    const session = await openOrReject(parts, writer, { onnx, manifest }, { reason: '', occurredAtMs })
    if (session !== undefined) opened.push(session)
  }
  return opened
}

/** Why a model cannot be compared with ours; undefined: it can. */
function unfitness(
  { featureSetId, label }: ModelManifest,
  ours: Pick<ModelDeskParts, 'featureSetId' | 'objective'>,
): string | undefined {
  if (featureSetId !== ours.featureSetId)
    return `Made for the feature set ${featureSetId}, not ${ours.featureSetId}.`
  if (label !== ours.objective) return `Predicts ${label}, not ${ours.objective}.`
  return undefined
}
