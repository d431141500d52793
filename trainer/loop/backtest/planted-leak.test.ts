import { expect, it } from 'vitest'
import {
  attribute,
  compileFeatureSet,
  createFeatureReader,
  createMemoryStore,
  type FeatureReader,
  featureStoreConfigSchema,
  recency,
  smoothedRate,
  startFeatureStore,
  windowedCount,
} from '#feature-store'
import { type Example, type Interaction, vectorOfBytes } from '#schemas'
import { startScorer } from '#scorer'
import { createMemoryRuntime } from '#streams'
import { areaUnderCurve } from '../../metrics/index.ts'
import { createJoinerStage } from '../../joiner/joiner-stage.ts'
import { openLinearModel } from '../../testing/index.ts'
import { number, text } from '../datasets/feed-log.ts'
import type { FeedLog, LogEntry } from '../datasets/index.ts'
import { exportColumns } from '../dataset/export/export-columns.ts'
import { exportExamples } from '../dataset/export/export-examples.ts'
import { feedSchema } from '../feed.ts'
import { streamsOf } from '../memory/memory-loop.ts'
import { createOutcomeQueue } from './outcome-queue.ts'
import { playLog } from './play-log.ts'
import { playInProcess } from './testing/play-in-process.ts'
import { SMALL_LOG_START_MS, smallFeed } from './testing/small-log.ts'

const REQUESTS = 40
const EVERY_MS = 60_000
const MINUTE_MS = 60_000
const isClicked = (n: number) => n % 3 === 0
/** Their click comes when the label is final: by then it is 0. */
const isLate = (n: number) => n % 6 === 3
const atOf = (n: number) => SMALL_LOG_START_MS + n * EVERY_MS

/** Nothing that one user or item does shows at another: no prior is left to the feed's own rate. */
const features = featureStoreConfigSchema.parse({
  interactionTypes: ['view', 'click'],
  attributes: { user: {}, item: { category: 'text', length: 'number' }, context: {} },
  features: [
    smoothedRate({ entity: 'item', of: ['click'], per: ['view'], strength: 10, prior: 0.2 }),
    smoothedRate({ entity: 'user', of: ['click'], per: ['view'], strength: 10, prior: 0.2 }),
    windowedCount({ entity: 'item', of: ['click'], windowMinutes: 60, bucketMinutes: 10 }),
    recency({ entity: 'user', of: ['click'] }),
    attribute({ entity: 'item', attribute: 'category', as: { oneHot: ['sport', 'news'] } }),
  ],
})

/** What becomes known after each request, and tells its label. */
type Planted = 'nothing' | 'as it was known' | 'as if it had always been known'

/**
 * Each request has a user and an item of its own, so that nothing of the past tells a label. Then two facts are planted: the
 * item is described anew, as clicked or not, and a click on it from before the request arrives late.
 */
function log(planted: Planted): FeedLog {
  const entries: LogEntry[] = []
  for (let n = 0; n < REQUESTS; n++) {
    const [atMs, itemId, userId] = [atOf(n), `i${String(n)}`, `u${String(n)}`]
    const item = (occurredAtMs: number, category: string) => ({
      itemId,
      occurredAtMs,
      attributes: [text('category', category), number('length', n % 4)],
    })
    const leakMs = planted === 'as it was known' ? atMs + 1_000 : atMs - 500
    const told = (type: string, occurredAtMs: number, requestId: string | null): Interaction => ({
      interactionId: `${itemId}.${type}.${String(requestId)}`,
      ...{ userId, itemId, type, occurredAtMs, requestId, position: 0, value: null },
    })
    entries.push({ kind: 'item', atMs: atMs - 1_000, item: item(atMs - 1_000, 'other') })
    if (planted !== 'nothing') {
      const category = isClicked(n) ? 'sport' : 'news'
      entries.push({ kind: 'item', atMs: leakMs, item: item(leakMs, category) })
      const late = told('click', atMs - 500, null)
      if (isClicked(n)) entries.push({ kind: 'interaction', atMs: leakMs, interaction: late })
    }
    const clickedAtMs = atMs + (isLate(n) ? 10.5 : 5) * MINUTE_MS
    entries.push({
      kind: 'impression',
      atMs,
      request: { requestId: `r${String(n)}`, userId, occurredAtMs: atMs, candidates: [itemId], context: [] },
      outcomes: [
        told('view', atMs, `r${String(n)}`),
        ...(isClicked(n) ? [told('click', clickedAtMs, `r${String(n)}`)] : []),
      ],
    })
  }
  entries.sort((one, other) => one.atMs - other.atMs)
  return {
    name: planted,
    impressions: REQUESTS,
    async *entries() {
      yield* entries
    },
  }
}

/** How well the best single column tells the clicked from the others; 1 is a leak. */
function bestColumn(vectors: readonly Float32Array[]): number {
  const aucs = Array.from(vectors[0]!, (_, column) => {
    const forecasts = vectors.map((vector, n) => ({ score: vector[column]!, label: isClicked(n) ? 1 : 0 }))
    const auc = areaUnderCurve(forecasts as { score: number; label: 0 | 1 }[])!
    return Math.max(auc, 1 - auc)
  })
  return Math.max(...aucs)
}

async function backtested(planted: Planted): Promise<Float32Array[]> {
  const { trainer } = smallFeed({ learners: [{ use: 'base-rate' }] })
  const vectors: Float32Array[] = []
  const played = await playLog({
    log: log(planted),
    feed: { features, trainer },
    ...{ retrainEveryMs: 3_600_000, windowMs: Infinity, fromDay: 0, gates: ['none'] },
    ...playInProcess,
    onPrediction: ({ ranking }) => void vectors.push(vectorOfBytes(ranking[0]!.vector!)),
  })
  await played.close()
  return vectors
}

it('a backtest does not use what became known after the request; one that did would see it', async () => {
  const plain = await backtested('nothing')
  expect(await backtested('as it was known')).toEqual(plain)
  expect(bestColumn(plain)).toBeLessThan(0.8)
  const leaked = await backtested('as if it had always been known')
  expect(leaked).not.toEqual(plain)
  expect(bestColumn(leaked)).toBe(1)
})

/** The live services and the joiner in memory; rows of the export, and who reads features as they are in the end. */
async function exportedLive(planted: Planted) {
  const feed = feedSchema.parse({
    features,
    scorer: { requestAgeDaysMax: 0 },
    trainer: { labels: smallFeed().trainer.labels, limits: { graceMinutes: 2 } },
  })
  const startMs = SMALL_LOG_START_MS + 30 * 86_400_000
  const runtime = await createMemoryRuntime({ seed: 1, startMs, config: streamsOf(feed) })
  const store = createMemoryStore()
  const featureSet = compileFeatureSet(feed.features)
  const reader = createFeatureReader({ runtime, store, featureSet })
  const scorer = { config: feed.scorer, features: reader, openModel: openLinearModel }
  const joining = { config: feed.trainer, limits: feed.limits }
  const services = [
    await runtime.settleUntil(startFeatureStore(runtime, { config: feed.features, store })),
    await runtime.settleUntil(startScorer(runtime, scorer)),
    await runtime.settleUntil(runtime.runStage(createJoinerStage(runtime, joining))),
  ]
  for (const { ready } of services) await runtime.settleUntil(ready)
  const outputs = await runtime.outputs('feed')
  const settled = async () => {
    await outputs.flush()
    await runtime.settle()
  }
  const tell = (interaction: Interaction) =>
    outputs.add('interactions', { key: interaction.userId, value: interaction })
  const outcomes = createOutcomeQueue()
  for await (const entry of log(planted).entries()) {
    for (const outcome of outcomes.takeUntil(entry.atMs)) tell(outcome)
    if (entry.kind === 'item') outputs.add('items', { key: entry.item.itemId, value: entry.item })
    if (entry.kind === 'interaction') tell(entry.interaction)
    await settled()
    if (entry.kind !== 'impression') continue
    outputs.add('requests', { key: entry.request.userId, value: entry.request })
    await settled()
    outcomes.add(entry.outcomes)
  }
  const last = outcomes.takeUntil(Infinity)
  for (const outcome of last) tell(outcome)
  await settled()
  const ended = { requestId: null, occurredAtMs: atOf(REQUESTS) + 30 * MINUTE_MS }
  for (let n = 0; n < REQUESTS; n++)
    tell({ ...last[0]!, ...ended, userId: `u${String(n)}`, interactionId: `end${String(n)}` })
  await settled()
  const rows = await rowsOf(runtime.records('examples').map(({ value }) => value!))
  for (const service of services) await runtime.settleUntil(service.stop())
  return { rows, reader, featureSet }

  async function rowsOf(examples: readonly Example[]) {
    const columns = exportColumns(featureSet, ['click'])
    const found: { n: number; vector: Float32Array; label: unknown }[] = []
    async function* logged() {
      for (const [offset, value] of examples.entries())
        yield await Promise.resolve({ raw: { partition: 0, offset }, value })
    }
    const names = columns.columns.map(({ name }) => name)
    await exportExamples({
      ...{ examples: logged(), columns, featureSetId: featureSet.id, fromMs: null, toMs: null },
      rememberedExamplesMax: 1_000,
      add(_, cells) {
        const cell = (name: string) => cells[names.indexOf(name)]
        const vector = Float32Array.from(columns.features, (name) => cell(name) as number)
        found.push({ n: Number(String(cell('request_id')).slice(1)), vector, label: cell('label_click') })
      },
    })
    return found.sort((one, other) => one.n - other.n)
  }
}

/** What an export would write that makes its vectors when it is asked, of what is known by then. */
async function readInTheEnd(reader: FeatureReader): Promise<Float32Array[]> {
  const vectors: Float32Array[] = []
  for (let n = 0; n < REQUESTS; n++) {
    const [userId, itemIds] = [`u${String(n)}`, [`i${String(n)}`]]
    const read = await reader.read([{ userId, itemIds, context: [], occurredAtMs: atOf(n) }])
    if (read.kind !== 'vectors') throw new Error(read.kind)
    vectors.push(Float32Array.from(read.vectors.vectors))
  }
  return vectors
}

it('an export does not, neither in a vector nor in a label; one that reads features in the end would', async () => {
  const [plain, planted] = [await exportedLive('nothing'), await exportedLive('as it was known')]
  expect(planted.rows).toHaveLength(REQUESTS)
  expect(planted.rows).toEqual(plain.rows)
  expect(bestColumn(planted.rows.map(({ vector }) => vector))).toBeLessThan(0.8)
  // A click that comes when its label was final changes nothing; whoever takes any click would say 1.
  for (const { n, label } of planted.rows) expect([n, label]).toEqual([n, isClicked(n) && !isLate(n) ? 1 : 0])
  const late = await readInTheEnd(planted.reader)
  expect(late).not.toEqual(planted.rows.map(({ vector }) => vector))
  expect(bestColumn(late)).toBe(1)
})
