import type { ProvenModel } from '#scorer/model'
import type { Logger } from '#streams'
import type { DriftConfig, PromotionConfig } from '../config.ts'
import { LOG_EVENTS } from '../signals.ts'
import type { TrialTerms } from './judge.ts'
import type { History } from './history.ts'
import type { MadeModel, ModelSource } from './model-source.ts'

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
  drift: DriftConfig
  /** A first model is proposed early. */
  hasChampion: () => boolean
  /** Whether a model of this name is being judged. */
  isOnTrial: () => boolean
  /** The session in which the model will be judged; undefined: refused. */
  propose(model: MadeModel, reason: string): Promise<ProvenModel | undefined>
  beginTrial(session: ProvenModel, terms: TrialTerms): void
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
  reason: string
}

export function createChallenger(parts: ChallengerParts): Challenger {
  const { name, source, history, promotion, drift, log } = parts
  let making: Making | undefined
  let change: Change | undefined
  let begunAtCount = 0

  function begunAnswer({ atCount, kind }: Change): Making | undefined {
    if (history.count - atCount < drift.retrainExamplesMin) return undefined
    change = undefined
    begunAtCount = history.count
    const since = history.last(history.count - atCount)
    source.beginAnew(since)
    const reason = `Answer to the ${kind} drift: retrained on the ${count(since.length)} examples after it.`
    return { reason, freshMin: drift.freshExamplesMin, answers: kind }
  }

  /** While nothing serves, every chance is taken early. */
  function begunInTurn(): Making | undefined {
    if (parts.isOnTrial()) return undefined
    const { firstCandidateExamples, candidateEveryExamples } = promotion
    const every = parts.hasChampion() ? candidateEveryExamples : firstCandidateExamples
    if (history.count - begunAtCount < every) return undefined
    begunAtCount = history.count
    source.begin()
    return { reason: '', freshMin: promotion.freshExamplesMin }
  }

  async function propose(model: MadeModel, { reason, ...terms }: Making): Promise<void> {
    const { examples, settings } = model.facts
    const by = settings === undefined ? '' : `, settings ${settings}`
    const told = reason === '' ? `Learned from ${count(examples)} examples${by}.` : reason
    const session = await parts.propose(model, told)
    if (session !== undefined) parts.beginTrial(session, terms)
  }

  return {
    take: (example) => source.take(example),
    follow(next) {
      source.abandon()
      making = undefined
      change = next
    },
    async advance() {
      making ??= change === undefined ? begunInTurn() : begunAnswer(change)
      const result = source.finished()
      if (making === undefined || result === undefined) return
      const made = making
      making = undefined
      if (result.kind === 'made') await propose(result.model, made)
      else log.warn({ learner: name, error: result.error }, LOG_EVENTS.fitFailed)
    },
    close: () => source.abandon(),
  }
}

const count = (examples: number) => examples.toLocaleString('en-US')
