import { compileFeatureSet, featureStoreConfigSchema, openFeedStore } from '#feature-store'
import {
  createClosers,
  type Environment,
  normalizedEntropyOf,
  type RunningSimulator,
  simulatorConfigSchema,
  type StackProgress,
  startSimulator,
  usualStartMs,
} from '#streams'
import { stagesOf } from '#schemas'
import { trainerConfigSchema } from '../../config.ts'
import {
  auditRun,
  entropyPhases,
  failuresOf,
  joiningOf,
  judgingOf,
  kafkaAuditSource,
  phaseWindows,
  type Audit,
  type DemoReport,
} from '../report/index.ts'
import { CLOCK_SPEED, DRIFT_SHARE, WINDOW_SHARE } from './demo-times.ts'
import { createDriftStory } from './drift-story.ts'
import { watchLoop, type LoopWatch, type LoopWatchEvents } from './kafka-loop-watch.ts'
import { watchFences } from './redis-fence-watch.ts'
import type { Screen } from './terminal-screen.ts'
import { startLoop, type RunningLoop } from './process-loop.ts'
import type { Stopwatch } from './process-stopwatch.ts'

export interface DemoOptions {
  /** Wall minutes with traffic; undefined: until `signal` aborts. */
  minutes?: number | undefined
  seed: string
  /** What `trainer.learners` says; left out: the default. */
  learners?: readonly { use: string }[] | undefined
  /** Leave topics, states and logs for a look. */
  keep: boolean
  environment: Environment
  screen: Screen
  /** Abort: no more traffic, then the report. */
  signal: AbortSignal
  stopwatch: Stopwatch
  onStackProgress: (progress: StackProgress) => void
}

export interface DemoOutcome {
  report: DemoReport
  /** What the run should have shown and did not, as sentences. */
  failures: string[]
}

const DRIFT_SECONDS = 90
const WINDOW_SECONDS_MIN = 15
const WORST_WINDOW_SECONDS = 5
/** A shorter run cannot show a drift, or a recovery from it. */
const DRIFT_MINUTES_MIN = 1.5
const RECOVERY_MINUTES_MIN = 2.75
const CATCH_UP_SECONDS_MAX = 120
const DRAIN_SECONDS_MAX = 120
const SHOW_EVERY_MS = 1_000

/** The whole loop on a simulated feed with an injected drift; ends with what an independent pass finds. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const { minutes, seed, environment, screen, stopwatch } = options
  const closers = createClosers()
  let running: RunningLoop | undefined
  try {
    const prefix = `demo-${stopwatch.nowMs().toString(36)}`
    const feed = options.learners === undefined ? {} : { trainer: { learners: options.learners } }
    const loop = await startLoop({ ...options, prefix, feed, environment, announce: screen.announce })
    running = loop
    closers.add(() => loop.close())

    const features = featureStoreConfigSchema.parse({})
    const trainer = trainerConfigSchema.parse(feed.trainer ?? {})
    const store = await openFeedStore(loop.addresses.redis, { prefix, features })
    closers.add(() => store.close())
    const topicName = loop.runtime.topicName('interactions')
    const partitions = loop.runtime.partitionCount('interactions')
    const layoutId = compileFeatureSet(features).layouts.user.id
    const fences = watchFences(store, { topicName, partitions, layoutId })
    closers.add(() => fences.stop())

    const story = createDriftStory()
    const watch = await watchLoop(loop.runtime, trainer.objective, told(story, screen))
    closers.add(() => watch.stop())

    screen.announce("telling the feed's history: what people did before anyone ranked for them")
    const simulator = await startSimulator(loop.runtime, {
      seed,
      config: simulatorConfigSchema.parse({ injections: injectionsOf(minutes) }),
      speed: CLOCK_SPEED,
      startMs: usualStartMs(stopwatch.nowMs()),
      beforeRequests: () => loop.caughtUp(CATCH_UP_SECONDS_MAX, stagesOf('features')),
    })
    closers.add(() => simulator.stop())
    screen.announce(`the feed is open; its clock runs ${String(CLOCK_SPEED)} times as fast as the wall's`)

    await watchUntilEnd({ ...options, loop, watch, simulator, story })
    screen.end()
    const endMs = simulator.feedTimeMs()
    const durationSeconds = (stopwatch.nowMs() - simulator.startedAtMs) / 1_000
    screen.announce('no more requests; waiting until everything has been taken in')
    await simulator.stop()
    await loop.settled(DRAIN_SECONDS_MAX)
    await fences.stop()
    await loop.stopServices()

    screen.announce('counting: what was produced against what is there')
    const [driftInjected] = simulator.simulation.injected
    const wallOf = (feedMs: number) => simulator.startedAtMs + (feedMs - simulator.startMs) / CLOCK_SPEED
    const audit = await auditRun({
      source: kafkaAuditSource(loop.addresses, loop.runtime),
      topics: loop.runtime,
      features,
      store,
      judging: judgingOf(trainer),
      joining: joiningOf(trainer),
      fences: fences.timeline,
      freshFromMs: simulator.startedAtMs,
      acknowledged: simulator.counts.interactions,
      injectedAtMs: driftInjected === undefined ? null : wallOf(driftInjected.atMs),
    })
    const report = reportOf(audit, simulator, {
      durationSeconds,
      endMs,
      driftAtMs: driftInjected?.atMs ?? null,
    })
    const expected = {
      drift: driftInjected !== undefined && durationSeconds >= DRIFT_MINUTES_MIN * 60,
      recovery: driftInjected !== undefined && durationSeconds >= RECOVERY_MINUTES_MIN * 60,
    }
    return { report, failures: failuresOf(report, expected) }
  } catch (error) {
    await running?.tellDeadLetters(stopwatch.nowMs())
    throw error
  } finally {
    await closers.closeAll()
  }
}

/** What is announced of what the loop does. */
const told = (story: ReturnType<typeof createDriftStory>, screen: Screen): LoopWatchEvents => ({
  onModelMove(move) {
    const news = story.moved(move)
    if (news !== null) screen.announce(news)
  },
  onDrift: (event) => screen.announce(story.drifted(event)),
  onRetrain(event) {
    const news = story.retrained(event)
    if (news !== null) screen.announce(news)
  },
  onSwap: (modelId) => screen.announce(story.swapped(modelId)),
})

/** The turn of tastes, where the run is long enough to show it. */
function injectionsOf(minutes: number | undefined): { kind: 'concept'; atMinutes: number }[] {
  const driftSeconds = minutes === undefined ? DRIFT_SECONDS : minutes * 60 * DRIFT_SHARE
  const driftFits = minutes === undefined || minutes >= DRIFT_MINUTES_MIN
  return driftFits ? [{ kind: 'concept', atMinutes: (driftSeconds * CLOCK_SPEED) / 60 }] : []
}

interface Showing extends DemoOptions {
  loop: RunningLoop
  watch: LoopWatch
  simulator: RunningSimulator
  story: ReturnType<typeof createDriftStory>
}

/** Shows how things stand every second until the time is over, Ctrl-C, or a failure of the feed or a service. */
async function watchUntilEnd(showing: Showing): Promise<void> {
  const { minutes, signal, stopwatch, loop, watch, simulator, story, screen } = showing
  const failed = Promise.all([simulator.done, loop.services.done])
  failed.catch(() => undefined)
  const rate = createRates()
  let announced = 0
  let promoted = 0
  let lastModel: string | null = null
  for (;;) {
    const nowMs = stopwatch.nowMs()
    const seconds = (nowMs - simulator.startedAtMs) / 1_000
    if (signal.aborted || (minutes !== undefined && seconds >= minutes * 60)) return
    const normalizedEntropy = watch.normalizedEntropy()
    for (const { kind } of simulator.simulation.injected.slice(announced)) {
      screen.announce(story.injected(kind, normalizedEntropy))
      announced++
    }
    const news = story.measured(normalizedEntropy)
    if (news !== null) screen.announce(news)
    if (watch.liveModel() !== lastModel) promoted++
    lastModel = watch.liveModel()
    const feedTimeMs = simulator.feedTimeMs()
    const best = normalizedEntropyOf(simulator.simulation.truth.between(feedTimeMs - 15 * 60_000, feedTimeMs))
    screen.show({
      seconds,
      feedTimeMs,
      clockSpeed: CLOCK_SPEED,
      ...rate(nowMs, simulator.counts.interactions, simulator.counts.requests),
      lagRecords: await loop.lagRecords(),
      latencyMs: watch.latencyMs(),
      liveModel: watch.liveModel(),
      modelsPromoted: promoted,
      normalizedEntropy,
      normalizedEntropyBefore: story.before,
      bestReachable: Number.isFinite(best) ? best : null,
      retrain: story.retrain,
      drift: story.state,
    })
    await Promise.race([stopwatch.rest(SHOW_EVERY_MS, signal), failed])
  }
}

function createRates() {
  let last: { atMs: number; interactions: number; requests: number } | null = null
  return (atMs: number, interactions: number, requests: number) => {
    const seconds = last === null ? Infinity : Math.max(1, atMs - last.atMs) / 1_000
    const rates = {
      interactionsPerSecond: (interactions - (last?.interactions ?? 0)) / seconds,
      requestsPerSecond: (requests - (last?.requests ?? 0)) / seconds,
    }
    last = { atMs, interactions, requests }
    return rates
  }
}

function reportOf(
  audit: Audit,
  { simulation, startMs }: RunningSimulator,
  { durationSeconds, endMs, driftAtMs }: { durationSeconds: number; endMs: number; driftAtMs: number | null },
): DemoReport {
  const { judged, ...counted } = audit
  const feedMs = (seconds: number) => seconds * 1_000 * CLOCK_SPEED
  const windowMs = feedMs(Math.max(WINDOW_SECONDS_MIN, durationSeconds * WINDOW_SHARE))
  const times = { driftAtMs, endMs, windowMs, worstWindowMs: feedMs(WORST_WINDOW_SECONDS) }
  const { worst, ...normalizedEntropy } = entropyPhases(judged, times)
  const { before, after } = phaseWindows(times)
  const best = (window: [number, number] | null) => {
    const entropy = window === null ? NaN : normalizedEntropyOf(simulation.truth.between(...window))
    return Number.isFinite(entropy) ? entropy : null
  }
  return {
    durationSeconds,
    ...counted,
    normalizedEntropy,
    bestReachable: { beforeDrift: best(before), atWorst: best(worst), afterRecovery: best(after) },
    feed: { clockSpeed: CLOCK_SPEED, fromMs: startMs, toMs: endMs },
  }
}
