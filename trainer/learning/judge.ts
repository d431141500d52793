import { ModelCallError, type ProvenModel } from '#scorer/model'
import type { Logger } from '#streams'
import type { PromotionConfig } from '../config.ts'
import type { Forecast } from '../metrics/index.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import type { MoveReason } from '../models/model-writer.ts'
import { judge, metricsOf, pairedMetrics } from '../promotion/promotion.ts'
import { LOG_EVENTS } from '../signals.ts'
import { createStandings } from './standings.ts'
import type { TrainingExample } from './training-example.ts'
import { forecastsOf, type Trial, type TrialTerms } from './trial.ts'

export interface JudgeParts {
  desk: ModelDesk
  promotion: PromotionConfig
  width: number
  /** With the event time of the moment. */
  why: (reason: string) => MoveReason
  log: Logger
  /** Why nothing is promoted now, as the end of a sentence; undefined or left out: nothing speaks against it. */
  refusal?: (() => string | undefined) | undefined
  onJudged?: TellJudged | undefined
}

/** Told what a model said of the examples that it is judged on, before it is promoted or rejected. */
export type TellJudged = (
  modelId: string,
  judged: { forecasts: readonly Forecast[]; occurredAtMs: readonly number[] },
) => void

/** Holds the candidates that wait for fresh examples, whoever made them, and decides on each. */
export interface Judge {
  /** @param unseen examples that matured since its snapshot; left out: none */
  begin(session: ProvenModel, terms: TrialTerms, unseen?: readonly TrainingExample[]): void
  /** Whether a model of this learner waits. */
  isTrying(learner: string): boolean
  add(example: TrainingExample): void
  /** Takes back what matured from this event time on: its labels had not arrived. */
  forgetSince(maturedAtMs: number): void
  /** Whether one has seen enough. */
  isDue(): boolean
  /** Decides on those that have seen enough. */
  decide(): Promise<void>
  /** Now and then, how those that wait stand on the same examples. */
  tellStandings(): Promise<void>
  /** Rejects all of them. */
  giveUp(reason: string): Promise<void>
  close(): Promise<void>
}

export function createJudge({ desk, promotion, width, why, log, refusal, onJudged }: JudgeParts): Judge {
  const standings = createStandings({ desk, every: promotion.standingEveryExamples, width, why })
  let trials: Trial[] = []

  const hasSeenEnough = (trial: Trial) => isSeenEnough(trial, promotion)

  async function judgementOf({ session, fresh, answers }: Trial) {
    const { rows, modelId, forecasts } = await rivalOf(desk, fresh, width)
    const candidate = await forecastsOf(session, rows, width)
    const champion = forecasts === undefined ? null : { modelId, forecasts }
    const occurredAtMs = rows.map((example) => example.occurredAtMs)
    onJudged?.(session.manifest.modelId, { forecasts: candidate, occurredAtMs })
    const judgement = judge({ candidate, champion, answers }, promotion)
    return {
      ...judgement,
      metrics: { ...metricsOf(judgement.quality), ...pairedMetrics(candidate, forecasts) },
    }
  }

  async function settle(trial: Trial): Promise<void> {
    const { session, fresh } = trial
    try {
      const { promoted, reason, metrics } = await judgementOf(trial)
      const against = promoted ? objection(desk.pinned(), refusal?.()) : ''
      if (against !== undefined) return await desk.reject(session, metrics, why(`${reason}${against}`))
      await desk.promote(session, metrics, why(reason))
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
    begin(session, terms, unseen = []) {
      const learnedUntilMs = desk.champion()?.manifest.trainedOn.toMs ?? -Infinity
      // What the champion has learned is fresh to the candidate alone.
      trials.push({
        ...terms,
        session,
        fresh: unseen.filter(({ maturedAtMs }) => maturedAtMs > learnedUntilMs),
      })
    },
    isTrying: (learner) => trials.some(({ session }) => session.manifest.learner === learner),
    add(example) {
      standings.count()
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
    tellStandings: () => standings.tell(trials),
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

/** Whom a candidate must be better than, and on which rows; no forecasts: nobody serves. */
interface Rival {
  rows: readonly TrainingExample[]
  modelId: string
  forecasts: readonly Forecast[] | undefined
}

/**
 * The champion, asked about the same rows. One of another feature set cannot be asked: what it served is taken, where it
 * answered at least half of the rows.
 */
async function rivalOf(desk: ModelDesk, fresh: readonly TrainingExample[], width: number): Promise<Rival> {
  const serving = desk.champion()
  if (serving !== undefined) {
    const forecasts = await forecastsOf(serving, fresh, width)
    return { rows: fresh, modelId: serving.manifest.modelId, forecasts }
  }
  const modelId = desk.servesElsewhere()?.modelId
  const served = fresh.filter((example) => example.modelId === modelId && example.score !== null)
  if (modelId === undefined || served.length * 2 < fresh.length)
    return { rows: fresh, modelId: '', forecasts: undefined }
  return { rows: served, modelId, forecasts: served.map(({ score, label }) => ({ score: score!, label })) }
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

/** Why a model that has won is not promoted, behind the reason why it has; undefined: it is. */
function objection(pinned: string | undefined, refused: string | undefined): string | undefined {
  if (pinned !== undefined) return ` But an operator has pinned ${pinned}.`
  return refused === undefined ? undefined : ` But it is not promoted: ${refused}`
}
