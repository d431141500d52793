import { candidateOf, goldenVectors } from '../export/candidate.ts'
import { kindOf, type LearnerChoice, learnerOf } from '../learners/choice.ts'
import { SIGNALS } from '../signals.ts'
import type { Signals } from '#streams'
import { createBatchSource } from './batch-source.ts'
import { type Challenger, type Change, createChallenger } from './challenger.ts'
import type { History } from './history.ts'
import type { Judge } from './judge.ts'
import type { LearningParts } from './learning.ts'
import type { MadeModel, ModelSource } from './model-source.ts'
import { createOnlineSource } from './online-source.ts'
import { retrainEventOf } from './retrain-event.ts'
import { createStackedSource } from './stacked-source.ts'
import type { TrainingExample } from './training-example.ts'
import type { ExampleWindow } from './window/example-window.ts'
import { NO_WINDOW, openWindow } from './window/open-window.ts'
import { NO_SCRATCH } from './window/scratch.ts'

export interface ChallengersParts extends LearningParts {
  history: History
  judge: Judge
}

/** The learners of a feed, which challenge its champion side by side, and the window that they are fitted to. */
export interface Challengers extends Omit<Challenger, 'close'> {
  /** Keeps an example for retrains only. */
  remember(example: TrainingExample): void
  /** How large the window is. */
  tellSize(): void
  close(): void
}

export function createChallengers(parts: ChallengersParts): Challengers {
  const window = windowOf(parts)
  const challengers = parts.config.learners.map((choice) => challengerOf(choice, { ...parts, window }))
  return {
    remember: (example) => window.add(example),
    take(example) {
      window.add(example)
      for (const challenger of challengers) challenger.take(example)
    },
    follow(change: Change) {
      for (const challenger of challengers) challenger.follow(change)
    },
    async advance() {
      for (const challenger of challengers) await challenger.advance()
    },
    tellSize: () => tellSize(window, parts.signals),
    close() {
      for (const challenger of challengers) challenger.close()
      window.close()
    },
  }
}

interface ChallengerContext extends ChallengersParts {
  window: ExampleWindow
}

function windowOf({ config, featureSet, scratch, log, leads = true }: LearningParts): ExampleWindow {
  const isFitted = config.learners.some((choice) => kindOf(choice) !== 'online')
  if (!leads || !isFitted) return NO_WINDOW
  return openWindow(config, { width: featureSet.width, scratch: scratch ?? NO_SCRATCH, log })
}

function tellSize(window: ExampleWindow, signals: Signals): void {
  const { examples, memoryBytes, folderBytes } = window.size()
  signals.gauge(SIGNALS.windowExamples, examples)
  signals.gauge(SIGNALS.windowBytes, memoryBytes, { place: 'memory' })
  signals.gauge(SIGNALS.windowBytes, folderBytes, { place: 'folder' })
}

function challengerOf(choice: LearnerChoice, context: ChallengerContext): Challenger {
  const { config, desk, judge, history, clock } = context
  const { promotion, retrain, drift } = config
  return createChallenger({
    ...{ ...context, promotion, retrain, drift },
    name: choice.name,
    source: sourceOf(choice, context),
    hasChampion: () => desk.champion() !== undefined,
    isOnTrial: () => judge.isTrying(choice.name),
    propose: (model, reason) => propose(model, choice.name, reason, context),
    beginTrial: (session, terms, unseen) => judge.begin(session, terms, unseen),
    tell: (news, facts) =>
      desk.tell(
        retrainEventOf(choice.name, news, facts, {
          occurredAtMs: history.lastMs,
          detectedAtMs: clock.nowMs(),
          modelId: desk.champion()?.manifest.modelId ?? '',
        }),
      ),
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
  const halfLifeMinutes = config.window?.kind === 'all' ? config.window.halfLifeMinutes : undefined
  const { drift } = config
  const parts = { ...context, choice, task, halfLifeMinutes, goldenVectors: golden, drift }
  if (chosen.kind === 'batch') return createBatchSource(parts)
  if (chosen.kind === 'stacked') return createStackedSource({ ...parts, learner: chosen.learner })
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
