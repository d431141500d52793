import { setImmediate } from 'node:timers/promises'
import { type FeaturesInOrder, nameOfDefinition, unscoredRows } from '#feature-store'
import type { RankRequest } from '#schemas'
import { predictionOf, recordedVectors } from '#scorer'
import { exampleIdOf } from '../../joiner/example-of.ts'
import { rowsOf } from '../../learning/rows.ts'
import type { LogEntry, ShownByChance } from '../datasets/index.ts'
import { optionVectors } from './choice-table.ts'
import type { ExampleJoin } from './example-join.ts'
import type { Growing } from './growing.ts'
import { createLearningTurns } from './learning-turns.ts'
import { type Importance, importancesOf } from './importances.ts'
import { commonSlices } from './slices.ts'
import { openPass, type Pass } from './pass.ts'
import { BASE_RATE, dayOf, ITEM_RATE, type Played, type PlayOptions, type ScoreColumn } from './played.ts'

/**
 * Plays a log through features, joiner and learners in event time: a request is scored by who serves at its time, what
 * came of it is told after it, and a label is learned when it is known.
 */
export async function playLog(options: PlayOptions): Promise<Played> {
  const player = createPlayer(options)
  try {
    for await (const entry of options.log.entries()) {
      if (options.signal.aborted) break
      await player.entry(entry)
    }
    return await player.finish()
  } catch (error) {
    await player.close()
    throw error
  }
}

/** Rows after which threads are listened to. */
const ROWS_UNHEARD_MAX = 256

/** A log in memory never waits for anything: without this no thread would be heard, and models seem not to answer. */
function createBreath(): (rows: number) => Promise<void> {
  let unheard = 0
  return async (rows) => {
    unheard += rows
    if (unheard < ROWS_UNHEARD_MAX) return
    unheard = 0
    await setImmediate()
  }
}

interface Player {
  entry(entry: LogEntry): Promise<void> | void
  finish(): Promise<Played>
  close(): Promise<void>
}

function createPlayer(options: PlayOptions): Player {
  const pass = openPass(options)
  const { features, slicer, queue, join, counts, contenders } = pass
  const span = { fromMs: Infinity, toMs: -Infinity }
  const learning = createLearningTurns(pass)
  const breathe = createBreath()

  function tellOutcomes(atMs: number): void {
    for (const outcome of queue.takeUntil(atMs)) {
      note(features.interaction(outcome))
      counts.interactions += 1
      join.outcome(outcome)
    }
  }

  function note(verdict: ReturnType<FeaturesInOrder['interaction']>): void {
    if (verdict === 'refused') counts.refused += 1
    if (verdict === 'duplicate') counts.repeated += 1
  }

  async function impression({ atMs, request, outcomes, choice }: Extract<LogEntry, { kind: 'impression' }>) {
    span.fromMs = Math.min(span.fromMs, atMs)
    span.toMs = Math.max(span.toMs, atMs)
    await learning.until(atMs)
    const isJudged = dayOf(atMs) - dayOf(span.fromMs) >= options.fromDay
    await ask(pass, request, { choice, isJudged })
    await breathe(request.candidates.length)
    queue.add(outcomes)
    options.onProgress({ impressions: counts.requests, occurredAtMs: atMs })
  }

  return {
    entry(entry) {
      tellOutcomes(entry.atMs)
      if (entry.kind === 'impression') return impression(entry)
      if (entry.kind === 'item') {
        note(features.item(entry.item))
        slicer.item(entry.item)
      } else if (entry.kind === 'user') {
        note(features.user(entry.user))
        slicer.user(entry.user)
      } else {
        note(features.interaction(entry.interaction))
        counts.interactions += 1
      }
    },
    async finish() {
      tellOutcomes(Infinity)
      await learning.over()
      const { baseRate, itemRate } = pass.told
      const rows = pass.rows.columns()
      const baseline = (name: string, scores: Growing<Float32Array>): ScoreColumn => ({
        name,
        kind: 'baseline',
        gate: 'none',
        scores: scores.values(),
        optionScores: new Float32Array(),
      })
      const asked = contenders
        .flatMap(({ columns }) => columns)
        .map(({ name, kind, gate, scores, optionScores }): ScoreColumn => ({
          ...{ name, kind, gate },
          ...{ scores: scores.values(), optionScores: optionScores.values() },
        }))
      return {
        featureSet: pass.featureSet,
        rows,
        choices: pass.choices.columns(),
        slices: [...slicer.columns(), ...commonSlices(rows)],
        importances: await importances(pass),
        columns: [...asked, baseline(BASE_RATE, baseRate), baseline(ITEM_RATE, itemRate)],
        contenders,
        counts: { ...counts, ...pick(join.counts), crowdedOut: pass.window.crowdedOut },
        ...span,
        close: () => closeAll(contenders),
      }
    },
    close: () => closeAll(contenders),
  }
}

const pick = ({ duplicateRequests, shownLate }: ExampleJoin['counts']) => ({ duplicateRequests, shownLate })

async function closeAll(contenders: Pass['contenders']): Promise<void> {
  for (const contender of contenders) await contender.close()
}

/** What features are worth to each learner's last model, on the newest rows. */
async function importances({
  window,
  featureSet,
  options,
  contenders,
}: Pass): Promise<Map<string, Importance[]>> {
  const { width } = featureSet
  const newest = window.last()
  const rows = rowsOf(newest, { width })
  const { features } = options.feed.features
  const columns = featureSet.groups.map(({ at, names }, place) => ({
    feature: nameOfDefinition(features[place]!),
    at,
    count: names.length,
  }))
  const found = new Map<string, Importance[]>()
  for (const { name, serving } of contenders) {
    const session = serving()
    if (session !== undefined) found.set(name, await importancesOf(session, rows, columns))
  }
  return found
}

/** Makes the vectors of a request, has them scored, and leaves its prediction to the joiner. */
async function ask(
  pass: Pass,
  request: RankRequest,
  { choice, isJudged }: { choice: ShownByChance | undefined; isJudged: boolean },
): Promise<void> {
  const { features, featureSet, join, rows, choices, slicer, contenders, baselines, told, counts, options } =
    pass
  const { requestId, userId, candidates, context, occurredAtMs } = request
  counts.requests += 1
  const read = features.read({ userId, itemIds: candidates, context, occurredAtMs })
  const unscored = unscoredRows(featureSet, read.flags)
  counts.unscored += unscored.size
  const prediction = predictionOf({
    at: { request, partition: -1, offset: counts.requests },
    scoredAtMs: occurredAtMs,
    model: null,
    fallbackReason: 'no_model',
    featureSetId: featureSet.id,
    // Most logs say what was shown, not by what chance.
    ranking: candidates.map((_, candidate) => ({
      candidate,
      rank: candidate,
      propensity: choice?.propensity ?? 1,
    })),
    scores: null,
    unscored,
    recorded: recordedVectors(read, featureSet.width),
    requestIndex: 0,
    firstRow: 0,
    vectorsRecordedMax: Infinity,
  })
  options.onPrediction?.(prediction)
  if (!join.prediction(prediction)) return
  const exampleIds = candidates.map((itemId) => exampleIdOf(prediction.predictionId, itemId))
  const row = rows.addRequest({ requestId, userId, occurredAtMs, itemIds: candidates, exampleIds })
  slicer.request(request)
  const baseRate = baselines.baseRate()
  for (const itemId of candidates) {
    told.baseRate.push(baseRate)
    told.itemRate.push(baselines.itemRate(itemId))
  }
  const judged = isJudged ? choice : undefined
  if (judged !== undefined) choices.add(row, candidates[0]!, judged)
  const others = judged && optionVectors(features, request, judged, featureSet.width)
  for (const contender of contenders) await contender.ask(read.vectors, others)
}
