import type { FeatureSet } from '#feature-store'
import { ModelCallError, type ModelSession } from '#scorer/model'
import type { Clock, Logger, Signals } from '#streams'
import { candidateOf } from './candidate.ts'
import type { TrainerConfig } from './config.ts'
import { seekCause, type WatchedExample } from './drift/causes.ts'
import { createLossWatch, type LossAlarm } from './drift/loss-watch.ts'
import { createFtrl } from './learners/ftrl.ts'
import type { Learner } from './learners/learner.ts'
import { createRecentWindow } from './learners/recent-window.ts'
import { type TrainingExample, vectorsOf } from './training-example.ts'
import type { ModelDesk } from './models/model-desk.ts'
import { swapFacts } from './drift/swap-facts.ts'
import { judge, metricsOf } from './promotion/promotion.ts'
import { LOG_EVENTS, SIGNALS } from './signals.ts'

export interface TrainingParts {
  config: TrainerConfig
  featureSet: FeatureSet
  desk: ModelDesk
  /** Models there have been before the next one. */
  nextSequence: () => number
  clock: Clock
  log: Logger
  signals: Signals
}

/** The prequential loop: predict (served), compare, learn, propose, judge. One example at a time, in order. */
export interface Training {
  /** Learns what was matured before a restart: nothing is proposed or announced. */
  rebuild(examples: readonly TrainingExample[]): void
  learn(example: TrainingExample): Promise<void>
  /** Learns and watches, but leaves models to the trainer that leads. */
  learnSilently(example: TrainingExample): void
  close(): Promise<void>
}

/** A candidate that waits for fresh examples. */
interface Trial {
  session: ModelSession
  fresh: TrainingExample[]
  freshMin: number
}

/** An alarm whose answer is being prepared: examples learned when the change was. */
interface Retraining {
  changedAtCount: number
  kind: string
}

const BEFORE_EXAMPLES_MAX = 10_000
const SYMPTOMS_TOLD_EVERY = 100

export function createTraining(parts: TrainingParts): Training {
  const { config, featureSet, desk, clock, log, signals } = parts
  const { promotion, drift, objective } = config
  const watch = createLossWatch(drift)
  const recent = createRecentWindow<TrainingExample>(config.limits.recentExamplesMax)
  const watched = createRecentWindow<WatchedExample>(config.limits.recentExamplesMax)
  let learner: Learner = createFtrl(config.learner, featureSet.width)
  let learnedCount = 0
  let proposedAtCount = 0
  let trial: Trial | undefined
  let retraining: Retraining | undefined
  let matured = { firstMs: Infinity, lastMs: -Infinity }

  /** @returns the alarm this example raised */
  function take(example: TrainingExample): LossAlarm | undefined {
    const { score, label, modelId, vector, maturedAtMs, occurredAtMs } = example
    learnedCount += 1
    matured = {
      firstMs: Math.min(matured.firstMs, occurredAtMs),
      lastMs: Math.max(matured.lastMs, maturedAtMs),
    }
    recent.add(example)
    let alarm: LossAlarm | undefined
    if (score !== null) {
      const seen = watch.observe({ score, label, modelId })
      watched.add({ example, symptoms: seen.symptoms })
      alarm = seen.alarm
    }
    learner.update(vector, label, 1)
    return alarm
  }

  function tellSymptoms(): void {
    signals.gauge(SIGNALS.overprediction, watch.mean('overprediction'))
    signals.gauge(SIGNALS.overclaim, watch.mean('overclaim'))
  }

  const why = (reason: string) => ({ reason, occurredAtMs: matured.lastMs })

  async function answer(alarm: LossAlarm): Promise<void> {
    const rows = watched.last(alarm.afterExamples + BEFORE_EXAMPLES_MAX)
    const split = Math.max(0, rows.length - alarm.afterExamples)
    const [before, after] = [rows.slice(0, split), rows.slice(split)]
    const { symptom } = alarm
    const swap = await swapFacts({ symptom, before, after, desk, width: featureSet.width })
    const facts = { symptom, before, after, featureNames: featureSet.names, swap }
    const { kind, cause } = seekCause(facts, drift)
    await desk.announce({
      monitor: `${symptom}:${objective}`,
      kind,
      cause,
      detector: 'adwin',
      before: alarm.before,
      after: alarm.after,
      examples: alarm.afterExamples,
      modelId: desk.champion()?.manifest.modelId ?? '',
      occurredAtMs: matured.lastMs,
      detectedAtMs: clock.nowMs(),
    })
    if (kind !== 'concept' && kind !== 'data') return
    await giveUpTrial('Drift was detected while it was judged.')
    retraining = { changedAtCount: learnedCount - alarm.afterExamples, kind }
  }

  /** What the learner knew is kept but weighs little: the examples after the change decide. */
  async function proposeAnswer({ changedAtCount, kind }: Retraining): Promise<void> {
    retraining = undefined
    const examples = recent.last(learnedCount - changedAtCount)
    learner.forget(drift.keptShare)
    for (let round = 0; round < drift.retrainRounds; round++) {
      for (const { vector, label } of examples) learner.update(vector, label, 1)
    }
    const reason = `Answer to the ${kind} drift: retrained on the ${count(examples.length)} examples after it.`
    await propose(reason, drift.freshExamplesMin)
  }

  async function propose(reason: string, freshMin: number): Promise<void> {
    proposedAtCount = learnedCount
    const candidate = candidateOf({
      model: learner.snapshot(),
      learner: learner.name,
      objective,
      featureSet,
      sequence: parts.nextSequence(),
      recent: recent.last(promotion.goldenRows),
      goldenRows: promotion.goldenRows,
      goldenTolerance: promotion.goldenTolerance,
      trainedOn: { examples: learner.examples, fromMs: matured.firstMs, toMs: matured.lastMs },
      createdAtMs: clock.nowMs(),
    })
    const session = await desk.propose(candidate, why(reason))
    if (session !== undefined) trial = { session, fresh: [], freshMin }
  }

  function isProven({ fresh, freshMin }: Trial): boolean {
    if (fresh.length < freshMin) return false
    const positives = fresh.reduce((sum, { label }) => sum + label, 0)
    return positives >= promotion.freshPositivesMin || fresh.length >= promotion.freshExamplesMax
  }

  async function judgeTrial({ session, fresh }: Trial): Promise<void> {
    trial = undefined
    const vectors = vectorsOf(fresh, featureSet.width)
    const forecasts = (scores: Float32Array) => fresh.map(({ label }, at) => ({ score: scores[at]!, label }))
    const champion = desk.champion()
    try {
      const candidate = forecasts(await session.predict(vectors, fresh.length))
      const judgement = judge(
        {
          candidate,
          champion:
            champion === undefined
              ? null
              : {
                  modelId: champion.manifest.modelId,
                  forecasts: forecasts(await champion.predict(vectors, fresh.length)),
                },
        },
        promotion,
      )
      const metrics = metricsOf(judgement.quality)
      if (judgement.promoted) await desk.promote(session, metrics, why(judgement.reason))
      else await desk.reject(session, metrics, why(judgement.reason))
    } catch (error) {
      // What else goes wrong is a mistake of ours: it stops the stage.
      if (!(error instanceof ModelCallError)) throw error
      log.warn({ modelId: session.manifest.modelId, error }, LOG_EVENTS.candidateAbandoned)
      await desk.reject(session, {}, why('A model session failed while it was judged.'))
    }
  }

  async function giveUpTrial(reason: string): Promise<void> {
    const given = trial
    trial = undefined
    if (given !== undefined) await desk.reject(given.session, {}, why(reason))
  }

  /** While nothing serves, every chance is taken early. */
  function isProposalDue(): boolean {
    if (trial !== undefined || retraining !== undefined) return false
    const { firstCandidateExamples, candidateEveryExamples } = promotion
    const every = desk.champion() === undefined ? firstCandidateExamples : candidateEveryExamples
    return learnedCount - proposedAtCount >= every
  }

  return {
    rebuild(examples) {
      for (const example of examples) take(example)
    },
    learnSilently(example) {
      take(example)
    },
    async learn(example) {
      trial?.fresh.push(example)
      const alarm = take(example)
      signals.count(SIGNALS.examplesLearned)
      if (learnedCount % SYMPTOMS_TOLD_EVERY === 0) tellSymptoms()
      if (alarm !== undefined) await answer(alarm)
      if (trial !== undefined && isProven(trial)) await judgeTrial(trial)
      if (retraining !== undefined && learnedCount - retraining.changedAtCount >= drift.retrainExamplesMin) {
        await proposeAnswer(retraining)
      }
      if (isProposalDue()) {
        await propose(`Learned from ${count(learner.examples)} examples.`, promotion.freshExamplesMin)
      }
    },
    async close() {
      await trial?.session.close()
      trial = undefined
    },
  }
}

const count = (examples: number) => examples.toLocaleString('en-US')
