import type { FeatureSet } from '#feature-store'
import type { Clock, Logger, Signals } from '#streams'
import { createChampionCalibration } from '../calibration/champion-calibration.ts'
import type { TrainerConfig } from '../config.ts'
import { arrivalEventOf } from '../drift/arrival-event.ts'
import type { ArrivalChange } from '../drift/label-arrival.ts'
import { candidateOf, goldenVectors } from '../export/candidate.ts'
import { type LearnerChoice, learnerOf } from '../learners/choice.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import { SIGNALS } from '../signals.ts'
import { createBatchSource } from './batch-source.ts'
import { type Challenger, createChallenger } from './challenger.ts'
import { createDriftAnswer } from './drift-answer.ts'
import type { Fitter } from './fitter.ts'
import { createHistory, type History } from './history.ts'
import { createJudge, type Judge } from './judge.ts'
import type { MadeModel, ModelSource } from './model-source.ts'
import { createQuarantine } from './quarantine.ts'
import { createStackedSource } from './stacked-source.ts'
import { createOnlineSource } from './online-source.ts'
import type { TrainingExample } from './training-example.ts'

export interface LearningParts {
  config: TrainerConfig
  featureSet: FeatureSet
  desk: ModelDesk
  fitter: Fitter
  /** Models there have been before the next one. */
  nextSequence: () => number
  clock: Clock
  log: Logger
  signals: Signals
}

/** The prequential loop: predict (served), compare, learn, propose, judge. One example at a time, in order. */
export interface Learning {
  /** Learns what was matured before a restart: nothing is proposed or announced. */
  rebuild(examples: readonly TrainingExample[]): void
  /** This trainer leads: champion and candidates that others left are its own from now on. */
  takeOver(at: { occurredAtMs: number }): Promise<void>
  learn(example: TrainingExample): Promise<void>
  /** Learns and watches, but leaves models to the trainer that leads. */
  learnSilently(example: TrainingExample): void
  /** Labels of which a source is silent now. */
  labelsOut(): readonly string[]
  close(): Promise<void>
}

const SYMPTOMS_TOLD_EVERY = 100

/**
 * While labels arrive, every example goes to the drift watch, the judge and all challengers: one per learner, each with
 * its own trial. While they do not, nothing is learned, judged or promoted.
 */
export function createLearning(parts: LearningParts): Learning {
  const { config, featureSet, desk, log, signals } = parts
  const { promotion } = config
  const history = createHistory(config.limits.recentExamplesMax)
  const why = (reason: string) => ({ reason, occurredAtMs: history.lastMs })
  const quarantine = createQuarantine({
    objective: config.objective,
    heldMax: config.limits.recentExamplesMax,
  })
  const judge = createJudge({ desk, promotion, width: featureSet.width, why, log })
  const layer = createChampionCalibration({ config: config.calibration, desk, why })
  const drift = createDriftAnswer({ ...parts, history })
  const challengers = config.learners.map((choice) => challengerOf(choice, { ...parts, history, judge }))

  function take(example: TrainingExample) {
    history.add(example)
    layer.add(example)
    const alarm = drift.watch(example)
    for (const challenger of challengers) challenger.take(example)
    return alarm
  }

  function takeSilently(example: TrainingExample): void {
    const { admitted, changes } = quarantine.take(example)
    for (const one of admitted) take(one)
    for (const change of changes) tellSilence(change, signals)
  }

  async function learnAdmitted(example: TrainingExample): Promise<void> {
    judge.add(example)
    const alarm = take(example)
    signals.count(SIGNALS.examplesLearned)
    if (history.count % SYMPTOMS_TOLD_EVERY === 0) drift.tellSymptoms()
    const change = alarm === undefined ? undefined : await drift.answer(alarm)
    if (change !== undefined) {
      await judge.giveUp('Drift was detected while it was judged.')
      for (const challenger of challengers) challenger.follow(change)
      layer.keepLast(history.count - change.atCount)
    }
    await desk.followOperator()
    await judge.decide()
    await layer.refit()
    for (const challenger of challengers) await challenger.advance()
  }

  return {
    rebuild(examples) {
      for (const example of examples) takeSilently(example)
    },
    async takeOver(at) {
      for (const session of await desk.takeOver(at))
        judge.begin(session, { freshMin: promotion.freshExamplesMin })
      // Who led before may not have lived to say so.
      for (const change of quarantine.silent()) await announce(change, at.occurredAtMs, history, parts)
    },
    learnSilently: takeSilently,
    async learn(example) {
      const { admitted, dropped, changes } = quarantine.take(example)
      if (dropped > 0) signals.count(SIGNALS.examplesSkipped, { reason: 'label_outage' }, dropped)
      for (const change of changes) {
        if (change.kind === 'silent' && change.label === config.objective) {
          judge.forgetSince(change.sinceMs)
          layer.forgetSince(change.sinceMs)
        }
        await announce(change, example.maturedAtMs, history, parts)
      }
      for (const one of admitted) await learnAdmitted(one)
    },
    labelsOut: quarantine.labelsOut,
    async close() {
      for (const challenger of challengers) challenger.close()
      await judge.close()
    },
  }
}

function announce(
  change: ArrivalChange,
  occurredAtMs: number,
  history: History,
  { desk, clock, signals }: LearningParts,
): Promise<void> {
  tellSilence(change, signals)
  return desk.announce(
    arrivalEventOf(change, {
      occurredAtMs,
      detectedAtMs: clock.nowMs(),
      modelId: desk.champion()?.manifest.modelId ?? '',
      examples: history.count,
    }),
  )
}

function tellSilence({ label, source, kind }: ArrivalChange, signals: Signals): void {
  signals.gauge(SIGNALS.labelSourceSilent, kind === 'silent' ? 1 : 0, { label, source })
}

interface ChallengerContext extends LearningParts {
  history: History
  judge: Judge
}

function challengerOf(choice: LearnerChoice, context: ChallengerContext): Challenger {
  const { config, desk, judge } = context
  const { promotion, drift } = config
  return createChallenger({
    ...{ ...context, promotion, drift },
    name: choice.name,
    source: sourceOf(choice, context),
    hasChampion: () => desk.champion() !== undefined,
    isOnTrial: () => judge.isTrying(choice.name),
    propose: (model, reason) => propose(model, choice.name, reason, context),
    beginTrial: (session, terms) => judge.begin(session, terms),
  })
}

function sourceOf(choice: LearnerChoice, context: ChallengerContext): ModelSource {
  const { config, featureSet, history } = context
  const { width, names: columns, buckets } = featureSet
  const { objective: label } = config
  const names = { graphName: `${choice.name}-${label}`, label, featureSetId: featureSet.id }
  const task = { width, ...names, columns, buckets }
  const golden = () => goldenVectors(history.last(config.promotion.goldenRows), width)
  const chosen = learnerOf(choice, task)
  const parts = { ...context, choice, task, goldenVectors: golden }
  const { drift } = config
  if (chosen.kind === 'batch') return createBatchSource(parts)
  if (chosen.kind === 'stacked') return createStackedSource({ ...parts, learner: chosen.learner, drift })
  return createOnlineSource({ learner: chosen.learner, history, drift, goldenVectors: golden })
}

function propose(model: MadeModel, learner: string, reason: string, context: ChallengerContext) {
  const { config, featureSet, desk, history, clock } = context
  const candidate = candidateOf({
    model,
    learner,
    objective: config.objective,
    featureSet,
    sequence: context.nextSequence(),
    goldenTolerance: config.promotion.goldenTolerance,
    trainedOn: model.trainedOn,
    createdAtMs: clock.nowMs(),
  })
  return desk.propose(candidate, { reason, occurredAtMs: history.lastMs })
}
