import type { FeatureSet } from '#feature-store'
import type { Clock, Logger, Signals } from '#streams'
import { createChampionCalibration } from '../calibration/champion-calibration.ts'
import type { TrainerConfig } from '../config.ts'
import { arrivalEventOf } from '../drift/arrival-event.ts'
import type { ArrivalChange } from '../drift/label-arrival.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import { SIGNALS } from '../signals.ts'
import { createChallengers } from './challengers.ts'
import { createDriftAnswer } from './drift-answer.ts'
import type { Fitter } from './fitter.ts'
import { createHistory, type History } from './history.ts'
import { createJudge, type TellJudged } from './judge.ts'
import { createQuarantine } from './quarantine.ts'
import type { TrainingExample } from './training-example.ts'
import type { Scratch } from './window/scratch.ts'

export interface LearningParts {
  config: TrainerConfig
  featureSet: FeatureSet
  desk: ModelDesk
  fitter: Fitter
  /** Where the window puts what does not fit in memory; left out: it fits, or is thinned. */
  scratch?: Scratch | undefined
  /** Whether retrains are made of what is learned; left out: they are. */
  leads?: boolean
  /** Models there have been before the next one. */
  nextSequence: () => number
  /** See JudgeParts. */
  promotionRefusal?: (() => string | undefined) | undefined
  clock: Clock
  log: Logger
  signals: Signals
  /** Told of each model that is judged. */
  onJudged?: TellJudged | undefined
}

/** The prequential loop: predict (served), compare, learn, propose, judge. One example at a time, in order. */
export interface Learning {
  /** Keeps for retrains what is too old to be learned again at a restart. */
  remember(example: TrainingExample): void
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

const TOLD_EVERY = 100

/**
 * While labels arrive, every example goes to the drift watch, the judge and all challengers: one per learner, each with
 * its own trial. While they do not, nothing is learned, judged or promoted.
 */
export function createLearning(parts: LearningParts): Learning {
  const { config, featureSet, desk, signals, promotionRefusal: refusal } = parts
  const { promotion } = config
  const history = createHistory(config.limits.recentExamplesMax)
  const why = (reason: string) => ({ reason, occurredAtMs: history.lastMs })
  const quarantine = createQuarantine({
    objective: config.objective,
    heldMax: config.limits.recentExamplesMax,
  })
  const judge = createJudge({ ...parts, promotion, width: featureSet.width, why, refusal })
  const layer = createChampionCalibration({ config: config.calibration, desk, why })
  const drift = createDriftAnswer({ ...parts, history })
  const challengers = createChallengers({ ...parts, history, judge })

  function take(example: TrainingExample) {
    history.add(example)
    layer.add(example)
    const alarm = drift.watch(example)
    challengers.take(example)
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
    if (history.count % TOLD_EVERY === 0)
      for (const tell of [drift.tellSymptoms, challengers.tellSize]) tell()
    const change = alarm === undefined ? undefined : await drift.answer(alarm)
    if (change !== undefined) {
      layer.keepLast(history.count - change.atCount)
      if (config.retrain.onDrift) {
        await judge.giveUp('Drift was detected while it was judged.')
        challengers.follow(change)
      }
    }
    await desk.followOperator()
    for (const session of await desk.newcomers({ occurredAtMs: history.lastMs }))
      judge.begin(session, { freshMin: promotion.freshExamplesMin })
    await judge.decide()
    await judge.tellStandings()
    await layer.refit()
    await challengers.advance()
  }

  return {
    remember: challengers.remember,
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
        if (change.kind === 'silent' && change.label === config.objective)
          for (const one of [judge, layer]) one.forgetSince(change.sinceMs)
        await announce(change, example.maturedAtMs, history, parts)
      }
      for (const one of admitted) await learnAdmitted(one)
    },
    labelsOut: quarantine.labelsOut,
    async close() {
      challengers.close()
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
