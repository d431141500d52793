import { ModelCallError, type ModelSession, type ProvenModel } from '#scorer/model'
import type { Logger } from '#streams'
import type { PromotionConfig } from '../config.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import type { MoveReason } from '../models/model-writer.ts'
import { judge, metricsOf } from '../promotion/promotion.ts'
import { LOG_EVENTS } from '../signals.ts'
import { type TrainingExample, vectorsOf } from './training-example.ts'

export interface JudgeParts {
  desk: ModelDesk
  promotion: PromotionConfig
  width: number
  /** With the event time of the moment. */
  why: (reason: string) => MoveReason
  log: Logger
}

export interface TrialTerms {
  /** Examples on which it is judged. */
  freshMin: number
  /** Kind of the drift that it was made for. */
  answers?: string | undefined
}

/** Holds the candidates that wait for fresh examples, whoever made them, and decides on each. */
export interface Judge {
  begin(session: ProvenModel, terms: TrialTerms): void
  /** Whether a model of this learner waits. */
  isTrying(learner: string): boolean
  add(example: TrainingExample): void
  /** Takes back what matured from this event time on: its labels had not arrived. */
  forgetSince(maturedAtMs: number): void
  /** Whether one has seen enough. */
  isDue(): boolean
  /** Decides on those that have seen enough. */
  decide(): Promise<void>
  /** Rejects all of them. */
  giveUp(reason: string): Promise<void>
  close(): Promise<void>
}

interface Trial extends TrialTerms {
  session: ProvenModel
  /** Matured after the snapshot. */
  fresh: TrainingExample[]
}

export function createJudge({ desk, promotion, width, why, log }: JudgeParts): Judge {
  let trials: Trial[] = []

  const hasSeenEnough = (trial: Trial) => isSeenEnough(trial, promotion)

  async function judgementOf({ session, fresh, answers }: Trial) {
    const vectors = vectorsOf(fresh, width)
    const forecastsOf = async (model: ModelSession) => {
      const scores = await model.predict(vectors, fresh.length)
      return fresh.map(({ label }, at) => ({ score: scores[at]!, label }))
    }
    const candidate = await forecastsOf(session)
    const serving = desk.champion()
    const champion =
      serving === undefined
        ? null
        : { modelId: serving.manifest.modelId, forecasts: await forecastsOf(serving) }
    return judge({ candidate, champion, answers }, promotion)
  }

  async function settle(trial: Trial): Promise<void> {
    const { session, fresh } = trial
    try {
      const { promoted, reason, quality } = await judgementOf(trial)
      const pinned = desk.pinned()
      if (promoted && pinned !== undefined) {
        const kept = `${reason} But an operator has pinned ${pinned}.`
        return await desk.reject(session, metricsOf(quality), why(kept))
      }
      if (!promoted) return await desk.reject(session, metricsOf(quality), why(reason))
      await desk.promote(session, metricsOf(quality), why(reason))
      // The new champion has learned what came before its own trial: on that it is not to be compared.
      for (const other of trials) other.fresh = other.fresh.slice(-fresh.length)
    } catch (error) {
      // What else goes wrong is a mistake of ours: it stops the stage.
      if (!(error instanceof ModelCallError)) throw error
      log.warn({ modelId: session.manifest.modelId, error }, LOG_EVENTS.candidateAbandoned)
      await desk.reject(session, {}, why('A model session failed while it was judged.'))
    }
  }

  return {
    begin(session, terms) {
      trials.push({ ...terms, session, fresh: [] })
    },
    isTrying: (learner) => trials.some(({ session }) => session.manifest.learner === learner),
    add(example) {
      for (const { fresh } of trials) fresh.push(example)
    },
    forgetSince(maturedAtMs) {
      for (const trial of trials)
        trial.fresh = trial.fresh.filter((example) => example.maturedAtMs < maturedAtMs)
    },
    isDue: () => trials.some(hasSeenEnough),
    async decide() {
      trials = await withoutLive(trials, desk)
      for (const trial of trials.filter(hasSeenEnough)) {
        // What a promotion left too little for goes on.
        if (!hasSeenEnough(trial)) continue
        trials = trials.filter((other) => other !== trial)
        await settle(trial)
      }
    },
    async giveUp(reason) {
      trials = await withoutLive(trials, desk)
      const given = trials
      trials = []
      for (const { session } of given) await desk.reject(session, {}, why(reason))
    },
    async close() {
      const closed = trials
      trials = []
      for (const { session } of closed) await session.close()
    },
  }
}

function isSeenEnough({ fresh, freshMin }: Trial, promotion: PromotionConfig): boolean {
  if (fresh.length < freshMin) return false
  const positives = fresh.reduce((sum, { label }) => sum + label, 0)
  return positives >= promotion.freshPositivesMin || fresh.length >= promotion.freshExamplesMax
}

/** A candidate that an operator made live meanwhile is judged no more: to reject it would take away what serves. */
async function withoutLive(trials: Trial[], desk: ModelDesk): Promise<Trial[]> {
  const live = desk.champion()?.manifest.modelId
  const isLive = ({ session }: Trial) => session.manifest.modelId === live
  for (const { session } of trials.filter(isLive)) await session.close()
  return trials.filter((trial) => !isLive(trial))
}
