import type { ProvenModel } from '#scorer/model'
import type { Logger } from '#streams'
import type { DriftConfig, PromotionConfig } from '../config.ts'
import { LOG_EVENTS } from '../signals.ts'
import type { TrainingExample } from './training-example.ts'
import type { TrialTerms } from './trial.ts'
import type { History } from './history.ts'
import type { EndedFit, FitFacts, MadeModel, MakingResult, ModelSource } from './model-source.ts'
import type { RetrainNews, RetrainTrigger } from './retrain-event.ts'
import type { RetrainConfig } from './window-config.ts'

/** People or inputs changed, and models must follow. */
export interface Change {
  /** Examples learned when it was. */
  atCount: number
  kind: string
}

export interface ChallengerParts {
  /** Of the learner, as in its models. */
  name: string
  source: ModelSource
  history: History
  promotion: PromotionConfig
  retrain: RetrainConfig
  drift: DriftConfig
  /** A first model is proposed early. */
  hasChampion: () => boolean
  /** Whether a model of this name is being judged. */
  isOnTrial: () => boolean
  /** The session in which the model will be judged; undefined: refused. */
  propose(model: MadeModel, reason: string): Promise<ProvenModel | undefined>
  /** @param unseen examples that came while it was made */
  beginTrial(session: ProvenModel, terms: TrialTerms, unseen: readonly TrainingExample[]): void
  /** That a fit began, and what came of it. */
  tell(news: RetrainNews, facts: FitFacts): Promise<void>
  log: Logger
}

/** One learner that wants its models to serve: when it makes one, and for what. Judging is not its business. */
export interface Challenger {
  take: ModelSource['take']
  /** What it was making is given up; it will answer when enough examples since the change have been learned. */
  follow(change: Change): void
  /** Begins the model that is due; proposes the one that is finished. */
  advance(): Promise<void>
  close(): void
}

/** Why a model is being made, and on how much it will be judged. */
interface Making extends TrialTerms {
  trigger: RetrainTrigger
  reason: string
  /** Examples learned when it began. */
  begunAtCount: number
}

const MINUTE_MS = 60_000

export function createChallenger(parts: ChallengerParts): Challenger {
  const { name, source, history, promotion, drift, log } = parts
  const dueBy = createDue(parts)
  let making: Making | undefined
  let change: Change | undefined
  let given: EndedFit | undefined

  function begunAnswer({ atCount, kind }: Change): Making | undefined {
    if (history.count - atCount < drift.retrainExamplesMin || dueBy.isCoolingDown()) return undefined
    change = undefined
    dueBy.began()
    const since = history.last(history.count - atCount)
    source.beginAnew(since)
    const reason = `Answer to the ${kind} drift: retrained on the ${count(since.length)} examples after it.`
    const terms = { freshMin: drift.freshExamplesMin, answers: kind }
    return { trigger: 'drift', reason, begunAtCount: history.count, ...terms }
  }

  /** While nothing serves, every chance is taken early. */
  function begunInTurn(): Making | undefined {
    if (parts.isOnTrial()) return undefined
    const trigger = dueBy.trigger()
    if (trigger === undefined || !source.hasNews()) return undefined
    dueBy.began()
    source.begin()
    return { trigger, reason: '', begunAtCount: history.count, freshMin: promotion.freshExamplesMin }
  }

  async function propose(
    model: MadeModel,
    { reason, freshMin, answers, begunAtCount }: Making,
  ): Promise<string> {
    const { examples, settings } = model.facts
    const by = settings === undefined ? '' : `, settings ${settings}`
    const told = reason === '' ? `Learned from ${count(examples)} examples${by}.` : reason
    const session = await parts.propose(model, told)
    if (session === undefined) return 'its model was refused.'
    parts.beginTrial(session, { freshMin, answers }, history.last(history.count - begunAtCount))
    return `its model ${session.manifest.modelId} waits for ${count(freshMin)} fresh examples.`
  }

  async function finish(result: MakingResult, made: Making): Promise<void> {
    if (result.kind === 'failed') log.warn({ learner: name, error: result.error }, LOG_EVENTS.fitFailed)
    const came = result.kind === 'made' ? await propose(result.model, made) : nothingCame(result.error)
    const { fit } = result
    if (fit !== undefined) await parts.tell({ kind: result.kind, seconds: fit.seconds, came }, fit)
  }

  async function tellBegun(): Promise<void> {
    const begun = source.begun()
    if (begun !== undefined && making !== undefined)
      await parts.tell({ kind: 'began', trigger: making.trigger }, begun)
  }

  async function tellGiven({ seconds, ...facts }: EndedFit): Promise<void> {
    given = undefined
    await parts.tell({ kind: 'abandoned', seconds, came: 'it was given up, since a drift was found.' }, facts)
  }

  return {
    take: (example) => source.take(example),
    follow(next) {
      given = source.abandon()
      making = undefined
      change = next
    },
    async advance() {
      if (given !== undefined) await tellGiven(given)
      making ??= change === undefined ? begunInTurn() : begunAnswer(change)
      await tellBegun()
      if (making !== undefined && parts.retrain.examplesWait) await source.settled().then(tellBegun)
      const result = source.finished()
      if (making === undefined || result === undefined) return
      const made = making
      making = undefined
      await finish(result, made)
    },
    close: () => void source.abandon(),
  }
}

/** When the next model is due: by examples or event time, whichever comes first, and not before the last one has cooled down. */
function createDue({
  history,
  promotion,
  retrain,
  hasChampion,
}: Pick<ChallengerParts, 'history' | 'promotion' | 'retrain' | 'hasChampion'>) {
  const { everyMinutes = Infinity, coolDownMinutes } = retrain
  const byTime = everyMinutes !== Infinity
  const everyExamples = retrain.everyExamples ?? (byTime ? Infinity : promotion.candidateEveryExamples)
  let [begunAtCount, begunAtMs] = [0, -Infinity]
  const isCoolingDown = () => hasChampion() && history.lastMs - begunAtMs < coolDownMinutes * MINUTE_MS

  return {
    isCoolingDown,
    began() {
      begunAtCount = history.count
      begunAtMs = history.lastMs
    },
    trigger(): RetrainTrigger | undefined {
      const learned = history.count - begunAtCount
      if (!hasChampion()) return learned >= promotion.firstCandidateExamples ? 'first' : undefined
      if (isCoolingDown()) return undefined
      if (learned >= everyExamples) return 'examples'
      if (byTime && history.lastMs - begunAtMs >= everyMinutes * MINUTE_MS) return 'time'
      return undefined
    },
  }
}

const nothingCame = (error: unknown) =>
  `no model came of it, ${error instanceof Error ? error.message : String(error)}.`

const count = (examples: number) => examples.toLocaleString('en-US')
