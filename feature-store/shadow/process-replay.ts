import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { followErasures, type Outputs, type RunningStage } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import { StoreUnavailableError } from '../errors.ts'
import { compileFeatureSet } from '../feature-set.ts'
import { createStages, stepsOf } from '../feature-store.ts'
import type { FencedStage } from '../stages/fenced-stage.ts'
import { createPaces, type Paces } from './pace.ts'
import { quietRuntime } from './quiet-runtime.ts'
import { interactionsDone, perSecond, progressOf } from './progress.ts'
import { copiedUntil, fencesOf, foundEnds, highsOf, noteEnd, ownedByUs, plant } from './replay-fences.ts'
import { REPLAY_TOPICS, type ReplayJob, type ReplayTopic } from './replay-job.ts'
import type { ReplayEnd, ReplayParts } from './replay-parts.ts'
import { type ShadowStage, shadowStage } from './shadow-stage.ts'
import { createYielding, type Yielding } from './yielding.ts'

export interface RunningReplay {
  ended: Promise<ReplayEnd>
  /** Partitions that somebody else owns now. */
  givenUp(): number
  stop(): Promise<void>
}

const TICK_MS = 500
/** A rate is told over so many ticks. */
const RATE_TICKS = 10

/** In one fenced call: Redis does nothing else meanwhile, and live reads and writes wait for it. */
const APPLY_RECORDS_MAX = 1_000

/** Nothing of a replay goes to Kafka: the live service has written the copies, and buried what is bad. */
const NOWHERE: Outputs = { add: () => undefined, flush: async () => undefined }

/** A replay at work in this process. */
interface Run {
  parts: ReplayParts
  /** As it was read last. */
  job: ReplayJob
  /** Each topic has the whole rate: users and items are folded from the same interactions. */
  pace: Paces<ReplayTopic>
  /** null: it yields to nobody. */
  yielding: Yielding | null
  owned: ReturnType<typeof ownedByUs>
  shadows: Map<ReplayTopic, ShadowStage>
  stages: RunningStage[]
  /** Follows what is erased: a range that ends before a tombstone must not keep what it ended. */
  erased?: RunningStage
  /** Per partition of interactions, how far the live service has written copies. */
  copied: readonly (number | null)[]
  seen: { done: number; atMs: number }[]
  end: ReplayEnd | null
  isStopping: boolean
}

/**
 * The live stages on another namespace, from where its fences stand. What is wanted (paused, a rate, cancelled) is read
 * twice a second; how far it is lies in the fences alone, so another process can go on at any moment.
 */
export async function startReplay(parts: ReplayParts): Promise<RunningReplay> {
  const { runtime, store } = parts
  const nowMs = () => runtime.clock.nowMs()
  const job = parts.job.isPlanted ? parts.job : await plant(parts, parts.job)
  const run: Run = {
    parts,
    job,
    pace: createPaces(REPLAY_TOPICS, { ratePerSecond: job.ratePerSecond, nowMs, sleep }),
    yielding: job.yieldAboveMs === null ? null : createYielding(job.yieldAboveMs),
    owned: ownedByUs(store, job),
    shadows: new Map(),
    stages: [],
    copied: [],
    seen: [],
    end: null,
    isStopping: false,
  }
  if (job.state === 'paused') run.pace.pause()
  try {
    await openStages(run)
  } catch (error) {
    await stopAll(run)
    throw error
  }
  const ended = outcomeOf(run)
  ended.catch(() => undefined) // whoever waits for it sees it
  return {
    ended,
    givenUp: () => givenUpIn(run),
    async stop() {
      await stopAll(run)
      await ended.catch(() => undefined) // told by `ended`
    },
  }
}

const givenUpIn = ({ shadows }: Run) =>
  [...shadows.values()].reduce((sum, shadow) => sum + shadow.givenUp(), 0)

async function openStages(run: Run): Promise<void> {
  const { features } = run.parts
  const runtime = quietRuntime(run.parts.runtime)
  const featureSet = compileFeatureSet(gentle(features.config))
  const steps = stepsOf(runtime, features)
  const erased = await followErasures(runtime, { name: 'replay-erasures' })
  run.erased = erased
  await erased.ready
  const erasures = erased.book
  const stages = createStages({
    ...{ runtime, store: run.owned.store, featureSet, steps, erasures },
    ...(features.room && { room: features.room }),
  })
  for (const { topic } of run.job.topics) {
    const shadow = shadowStage(stages[topic] as unknown as FencedStage<ReplayTopic>, {
      jobTopic: () => run.job.topics.find((found) => found.topic === topic)!,
      sourceEnds: run.job.sourceEnds,
      pace: run.pace.of(topic),
    })
    run.shadows.set(topic, shadow)
    const endOf = (_: ReplayTopic, partition: number) => shadow.endOf(partition)
    const limitOf = (_: ReplayTopic, partition: number) =>
      topic === 'interactions' ? (run.copied[partition] ?? 0) : null
    const earlierOf = () => run.parts.earlierOf?.(topic) ?? null
    run.stages.push(await runtime.readStage(shadow.stage, { endOf, limitOf, earlierOf, outputs: NOWHERE }))
  }
}

const gentle = ({ limits, ...rest }: FeatureStoreConfig): FeatureStoreConfig => ({
  ...rest,
  limits: { ...limits, applyRecordsMax: Math.min(limits.applyRecordsMax, APPLY_RECORDS_MAX) },
})

async function stopAll(run: Run): Promise<void> {
  run.isStopping = true
  run.pace.close()
  await Promise.all(run.stages.map((stage) => stage.stop()))
  await run.erased?.stop()
}

async function outcomeOf(run: Run): Promise<ReplayEnd> {
  const { parts, stages } = run
  const stagesDone = Promise.all(stages.map(({ done }) => done)).then(() => undefined)
  stagesDone.catch(() => undefined) // awaited below
  try {
    const watched = watch(run, stagesDone)
    await Promise.race([stagesDone.then(() => watched), watched])
    if (run.isStopping) run.end ??= 'stopped'
    await stopAll(run)
    await stagesDone
    run.end ??= givenUpIn(run) > 0 ? 'taken_over' : 'done'
    await noteEnd(parts, run.end)
    return run.end
  } finally {
    await stopAll(run).catch(() => undefined) // why it ended matters more
    await parts.replays.tellStopped(run.job.name).catch(() => undefined) // it is forgotten by itself
  }
}

async function watch(run: Run, stagesDone: Promise<void>): Promise<void> {
  const over = stagesDone.then(
    () => true,
    () => true, // told to whoever waits for the stages
  )
  const id = randomUUID()
  while (run.end === null && !run.isStopping) {
    await look(run, id).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailableError)) throw error // the stages are patient, and say so
    })
    if (await Promise.race([over, sleep(TICK_MS, false)])) return
  }
}

/** How far it is, who owns it, and what is wanted of it now. */
async function look(run: Run, id: string): Promise<void> {
  const { parts, owned, shadows, seen, pace } = run
  const { replays, store, range, runtime } = parts
  const asked = (await replays.list()).find(({ name }) => name === run.job.name)
  if (asked === undefined || asked.state === 'cancelled') {
    run.end ??= 'cancelled'
    return pace.close()
  }
  run.copied = await copiedUntil(parts)
  const isHeld = await mustYield(run)
  pace.hold(isHeld)
  const fences = await fencesOf(store, asked)
  for (const [at, { topic }] of asked.topics.entries())
    for (const [partition, fence] of fences[at]!.entries())
      if (owned.isTaken(topic, partition, fence)) shadows.get(topic)!.giveUp(partition)
  const progress = progressOf(asked, fences, await highsOf(range, asked))
  const atMs = runtime.clock.nowMs()
  seen.push({ done: interactionsDone(progress), atMs })
  if (seen.length > RATE_TICKS) seen.shift()
  const interactionsPerSecond = perSecond(seen[0]!, seen.at(-1)!)
  const where = `${hostname()} ${String(process.pid)}`
  await replays.tellRunning(asked.name, { id, where, atMs, interactionsPerSecond })
  run.job = await foundEnds(parts, asked, progress, run.copied)
  parts.tell?.({ job: run.job, progress, interactionsPerSecond, isHeld })
  pace.setRate(asked.ratePerSecond)
  if (asked.state === 'paused') pace.pause()
  else pace.resume()
}

async function mustYield({ parts: { range, runtime }, yielding, copied }: Run): Promise<boolean> {
  if (yielding === null) return false
  const { highs } = await range.ends(runtime.topicName('interactions'))
  return yielding.isHeld({ atMs: runtime.clock.nowMs(), ends: highs, taken: copied })
}
