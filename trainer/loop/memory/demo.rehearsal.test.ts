import { RECOVERY_TOLERANCE, recoveryShare } from '../report/index.ts'
import { CLOCK_SPEED, DEMO_MINUTES, DRIFT_SHARE, WINDOW_SHARE } from '../demo/demo-times.ts'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { normalizedEntropyOf, simulatorConfigSchema, usualStartMs } from '#streams'
import { forecastQuality } from '../../metrics/index.ts'
import { feedSchema, type FeedConfig } from '../feed.ts'
import { isRetrainEvent } from '../../learning/retrain-event.ts'
import { openLinearModel } from '../../testing/index.ts'
import { measuredHere, type ResultFile, resultFileSchema, resultFileText } from '#streams/testing'
import { pairedTable, pairsOf, type PlayedSeeds, type SeedShares } from './testing/paired-seeds.ts'
import { type MemoryLoopRun, playMemoryLoop, TICK_MS } from './memory-loop.ts'

/**
 * The demo in memory, for one seed after the other (`npm run rehearse`): is the drift seen, and only the drift, and does
 * the model recover? `SEEDS=1-24 npm run rehearse` plays the turn of tastes, `HOURS=9 SEEDS=1-6` as many hours of feed in
 * which nothing turns; `LEARNER=gbdt` another learner than the default, or several (`ftrl,gbdt`). `RESULTS=FILE` keeps what each seed came to,
 * beside what is in the file, and compares the default learner with every other that played the same seeds. The figures in trainer/results/rehearsal*.json are made by it.
 */
const MINUTE_MS = 60_000
/** Of the demo, minutes of feed. */
const RUN_MINUTES = DEMO_MINUTES * CLOCK_SPEED
const TURN_MINUTES = RUN_MINUTES * DRIFT_SHARE
const WINDOW_MINUTES = RUN_MINUTES * WINDOW_SHARE
/** Labels mature after the horizon and a grace; the alarm may take as long again. */
const DETECTED_WITHIN_MINUTES = 22

const hours = process.env['HOURS'] === undefined ? null : Number(process.env['HOURS'])
const seeds = seedsOf(process.env['SEEDS'] ?? '1')
const startMs = usualStartMs(Date.UTC(2026, 9, 26))
const feedOf = (names: string | undefined): FeedConfig =>
  feedSchema.parse(
    names === undefined ? {} : { trainer: { learners: names.split(',').map((use) => ({ use })) } },
  )
const feed = feedOf(process.env['LEARNER'])
const nameOf = ({ trainer }: FeedConfig) => trainer.learners.map(({ name }) => name).join()

function seedsOf(text: string): number[] {
  const [first, last] = text.split('-').map(Number) as [number, number?]
  return Array.from({ length: (last ?? first) - first + 1 }, (_, at) => first + at)
}

const play = (seed: number, minutes: number, turnMinutes: number | null) =>
  playMemoryLoop({
    seed,
    feed,
    openModel: openLinearModel,
    people: simulatorConfigSchema.parse({
      injections: turnMinutes === null ? [] : [{ kind: 'concept', atMinutes: turnMinutes }],
    }),
    startMs,
    ticks: (minutes * MINUTE_MS) / (CLOCK_SPEED * TICK_MS),
  })

/** Normalized entropy of what models served in these minutes of feed, and the best reachable. */
function entropyBetween({ runtime, simulation }: MemoryLoopRun, from: number, to: number) {
  const [fromMs, toMs] = [startMs + from * MINUTE_MS, startMs + to * MINUTE_MS]
  const forecasts = runtime.records('examples').flatMap(({ value }) => {
    if (value === null || value.score === null) return []
    if (value.occurredAtMs < fromMs || value.occurredAtMs >= toMs) return []
    const label = value.labels.find(({ name }) => name === feed.trainer.objective)!.value
    return [{ score: value.score, label: label as 0 | 1 }]
  })
  return {
    served: forecastQuality(forecasts).normalizedEntropy!,
    best: normalizedEntropyOf(simulation.truth.between(fromMs, toMs)),
  }
}

const alarmsOf = ({ runtime }: MemoryLoopRun) =>
  runtime
    .records('drift')
    .map(({ value }) => value!)
    .filter((event) => !isRetrainEvent(event))
    .map(({ monitor, kind, occurredAtMs }) => ({
      monitor,
      kind,
      atMinutes: (occurredAtMs - startMs) / MINUTE_MS,
    }))
const tell = (text: string) => process.stdout.write(`${text}\n`)
const alarmText = (alarms: ReturnType<typeof alarmsOf>) =>
  alarms
    .map(({ monitor, kind, atMinutes }) => `${kind} (${monitor}) at ${atMinutes.toFixed(0)}`)
    .join(', ') || 'none'

/** What models served in each part of a run, and the best reachable. */
const spansOf = (run: MemoryLoopRun) => ({
  whole: entropyBetween(run, 0, RUN_MINUTES),
  beforeTurn: entropyBetween(run, TURN_MINUTES - WINDOW_MINUTES, TURN_MINUTES),
  atEnd: entropyBetween(run, RUN_MINUTES - WINDOW_MINUTES, RUN_MINUTES),
})

function sharesOf({ whole, beforeTurn, atEnd }: ReturnType<typeof spansOf>): SeedShares {
  const share = ({ served, best }: ReturnType<typeof entropyBetween>) => served / best
  return { whole: share(whole), beforeTurn: share(beforeTurn), atEnd: share(atEnd) }
}

/** Requests that got no answer. */
function unanswered({ runtime, counts }: MemoryLoopRun): number {
  return counts.requests - new Set(runtime.records('predictions').map(({ value }) => value!.requestId)).size
}

/** Fits that made a model, and models that served. */
function movesOf({ runtime }: MemoryLoopRun): string {
  const made = runtime
    .records('drift')
    .filter(({ value }) => isRetrainEvent(value!) && value!.detector === 'made')
  const served = new Set(runtime.records('predictions').map(({ value }) => value!.modelId))
  served.delete('')
  return `${String(made.length)} retrains, ${String(served.size)} models served`
}

/** Three minutes of demo. */
async function turning(seed: number): Promise<void> {
  const before = process.cpuUsage()
  const run = await play(seed, RUN_MINUTES, TURN_MINUTES)
  const cpuSeconds = cpuSecondsSince(before)
  const spans = spansOf(run)
  const { beforeTurn, atEnd, whole } = spans
  const alarms = alarmsOf(run)
  const share = recoveryShare({
    normalizedEntropy: { beforeDrift: beforeTurn.served, atWorst: null, afterRecovery: atEnd.served },
    bestReachable: { beforeDrift: beforeTurn.best, atWorst: null, afterRecovery: atEnd.best },
  })!
  tell(
    `seed ${seed}, ${nameOf(feed)}: entropy before ${beforeTurn.served.toFixed(3)} (best ${beforeTurn.best.toFixed(3)}), after ` +
      `${atEnd.served.toFixed(3)} (best ${atEnd.best.toFixed(3)}), measured by the best ${share.toFixed(3)}; ` +
      `whole run ${whole.served.toFixed(4)} (best ${whole.best.toFixed(4)}); ${movesOf(run)}; ` +
      `${cpuSeconds.toFixed(0)} CPU s; alarms: ${alarmText(alarms)}`,
  )
  keep(seed, sharesOf(spans))
  expect(unanswered(run)).toBe(0)
  const drifts = alarms.filter(({ kind }) => kind === 'concept' || kind === 'data')
  expect(drifts.filter(({ atMinutes }) => atMinutes < TURN_MINUTES)).toEqual([])
  expect(drifts[0]).toMatchObject({ kind: 'concept' })
  expect(drifts[0]!.atMinutes).toBeLessThan(TURN_MINUTES + DETECTED_WITHIN_MINUTES)
  expect(share).toBeLessThan(1 + RECOVERY_TOLERANCE)
}

const cpuSecondsSince = (before: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** After each seed: what was played stays when the rest is not. */
function keep(seed: number, shares: SeedShares): void {
  const file = process.env['RESULTS']
  if (file === undefined) return
  const played: Record<string, PlayedSeeds> = existsSync(file)
    ? playedIn(resultFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))))
    : {}
  played[nameOf(feed)] = { ...played[nameOf(feed)], [seed]: shares }
  const usual = nameOf(feedOf(undefined))
  const { [usual]: own = {}, ...others } = played
  const tables = Object.entries(others).flatMap(([name, theirs]) => {
    const pairs = pairsOf(theirs, own)
    if (pairs.length === 0) return []
    return [[name.replaceAll(',', '-and-'), pairedTable(pairs, { one: name, other: usual })] as const]
  })
  const results: ResultFile = {
    measured: {
      ...measuredHere('rehearse'),
      command: 'RESULTS=FILE SEEDS=1-24 npm run rehearse, and once more with each LEARNER',
    },
    tables: Object.fromEntries(tables),
    details: { played },
  }
  writeFileSync(file, resultFileText(results))
}

const playedIn = ({ details }: ResultFile) => (details as { played: Record<string, PlayedSeeds> }).played

async function steady(seed: number, minutes: number): Promise<void> {
  const alarms = alarmsOf(await play(seed, minutes, null))
  tell(`seed ${seed}, ${String(minutes / 60)} hours: alarms: ${alarmText(alarms)}`)
  expect(alarms).toEqual([])
}

if (hours === null) it.each(seeds)('seed %i: the turn of tastes is seen, alone, and learned', turning)
else it.each(seeds)('seed %i: nothing turns, nothing is announced', (seed) => steady(seed, hours * 60))
