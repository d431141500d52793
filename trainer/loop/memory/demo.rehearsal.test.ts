import { RECOVERY_TOLERANCE, recoveryShare } from '../report/index.ts'
import { CLOCK_SPEED, DEMO_MINUTES, DRIFT_SHARE, WINDOW_SHARE } from '../demo/demo-times.ts'
import { expect, it } from 'vitest'
import { normalizedEntropyOf, simulatorConfigSchema, usualStartMs } from '#streams'
import { forecastQuality } from '../../metrics/index.ts'
import { feedSchema, type FeedConfig } from '../feed.ts'
import { isRetrainEvent } from '../../learning/retrain-event.ts'
import { openLinearModel } from '../../testing/index.ts'
import { type MemoryLoopRun, playMemoryLoop, TICK_MS } from './memory-loop.ts'

/**
 * The demo in memory, for one seed after the other (`npm run rehearse`): is the drift seen, and only the drift, and does
 * the model recover? `SEEDS=1-24 npm run rehearse` plays the turn of tastes, `HOURS=9 SEEDS=1-6` as many hours of feed in
 * which nothing turns; `LEARNER=gbdt` another learner than the default, or several (`ftrl,gbdt`). The figures in trainer/results/rehearsal.json are made by it.
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
const learners = process.env['LEARNER']?.split(',').map((use) => ({ use }))
const feed: FeedConfig = feedSchema.parse(learners === undefined ? {} : { trainer: { learners } })

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

/** Three minutes of demo. */
async function turning(seed: number): Promise<void> {
  const run = await play(seed, RUN_MINUTES, TURN_MINUTES)
  const before = entropyBetween(run, TURN_MINUTES - WINDOW_MINUTES, TURN_MINUTES)
  const after = entropyBetween(run, RUN_MINUTES - WINDOW_MINUTES, RUN_MINUTES)
  const whole = entropyBetween(run, 0, RUN_MINUTES)
  const alarms = alarmsOf(run)
  const share = recoveryShare({
    normalizedEntropy: { beforeDrift: before.served, atWorst: null, afterRecovery: after.served },
    bestReachable: { beforeDrift: before.best, atWorst: null, afterRecovery: after.best },
  })!
  tell(
    `seed ${seed}: entropy before ${before.served.toFixed(3)} (best ${before.best.toFixed(3)}), after ` +
      `${after.served.toFixed(3)} (best ${after.best.toFixed(3)}), measured by the best ${share.toFixed(3)}; ` +
      `whole run ${whole.served.toFixed(4)} (best ${whole.best.toFixed(4)}); alarms: ${alarmText(alarms)}`,
  )
  const drifts = alarms.filter(({ kind }) => kind === 'concept' || kind === 'data')
  expect(drifts.filter(({ atMinutes }) => atMinutes < TURN_MINUTES)).toEqual([])
  expect(drifts[0]).toMatchObject({ kind: 'concept' })
  expect(drifts[0]!.atMinutes).toBeLessThan(TURN_MINUTES + DETECTED_WITHIN_MINUTES)
  expect(share).toBeLessThan(1 + RECOVERY_TOLERANCE)
}

async function steady(seed: number, minutes: number): Promise<void> {
  const alarms = alarmsOf(await play(seed, minutes, null))
  tell(`seed ${seed}, ${String(minutes / 60)} hours: alarms: ${alarmText(alarms)}`)
  expect(alarms).toEqual([])
}

if (hours === null) it.each(seeds)('seed %i: the turn of tastes is seen, alone, and learned', turning)
else it.each(seeds)('seed %i: nothing turns, nothing is announced', (seed) => steady(seed, hours * 60))
