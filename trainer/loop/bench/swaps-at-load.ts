import { compileFeatureSet } from '#feature-store'
import { openModel } from '#scorer/model'
import { requestHttp } from '#streams'
import { promotionConfigSchema } from '../../config.ts'
import { createModelLog, followModels } from '../../models/model-log.ts'
import { createModelWriter } from '../../models/model-writer.ts'
import { moveByOperator } from '../../models/operator-move.ts'
import { residentMib } from '../faults/process-memory.ts'
import type { ScoreLoop } from './kafka-score-loop.ts'
import { scoreRequests } from './score-feed.ts'

export interface SwapsAtLoad {
  swaps: number
  requests: number
  /** Requests that were answered with an error, or without a model. */
  failed: number
  /** Requests answered by each of the two. */
  byModel: Record<string, number>
  /** From the operator's wish until an answer by the model, ms. */
  swapMs: number[]
  /** Resident memory of the scorer after each swap. */
  residentMib: number[]
}

export interface SwapLoad {
  swaps: number
  connections: number
  say?: (line: string) => void
}

const TOLD_SWAPS = 50

/** Two models take turns as champion, as an operator promotes and rolls back, while requests never cease. */
export async function swapAtLoad(
  loop: ScoreLoop,
  { swaps, connections, say = () => undefined }: SwapLoad,
): Promise<SwapsAtLoad> {
  const operator = await openOperator(loop)
  const load = startLoad(loop.url, connections)
  const { clock } = loop.own.runtime
  const [swapMs, resident]: [number[], number[]] = [[], []]
  try {
    for (let swap = 0; swap < swaps; swap++) {
      const [beganMs, asked] = [clock.nowMs(), load.counts.requests]
      const modelId = await operator.move(swap % 2 === 0 ? 'promote' : 'rollback')
      await loop.own.until(`${modelId} to answer`, () => Promise.resolve(load.newestOf(modelId) > asked), 1)
      swapMs.push(clock.nowMs() - beganMs)
      resident.push((await residentMib(loop.scorer.child.pid!)) ?? NaN)
      if (resident.length % TOLD_SWAPS === 0)
        say(`swaps: ${String(resident.length)}, ${resident.at(-1)!.toFixed(0)} MiB`)
    }
  } finally {
    await load.stop()
    await operator.close()
  }
  return { swaps, ...load.counts, swapMs, residentMib: resident }
}

/** `models promote` of the trees, and `models rollback` to the linear model that served before. */
async function openOperator({ own, models, serve }: ScoreLoop) {
  for (const name of ['trees', 'linear'] as const) await serve(name)
  const { runtime, config } = own
  const modelLog = createModelLog()
  const following = await followModels(runtime, modelLog)
  await following.ready
  const outputs = await runtime.outputs('swaps')
  const { clock, log, signals } = runtime
  const parts = {
    ...{ modelLog, openModel, promotion: promotionConfigSchema.parse({}), objective: 'click' },
    writer: createModelWriter({ outputs, artifactChunkBytes: 512 * 1_024, clock, log, signals }),
    featureSetId: compileFeatureSet(config.features).id,
    newestExamples: () => Promise.resolve([]),
  }
  /** What was written is read again: the next move begins with it. */
  const isFollowed = (live: string) => {
    const champions = modelLog.moves().filter(({ stage }) => stage === 'champion')
    return champions.length === 1 && champions[0]!.modelId === live
  }
  return {
    async move(action: 'promote' | 'rollback'): Promise<string> {
      const wish = { action, force: true, reason: 'It is measured.' }
      const modelId = action === 'promote' ? models.trees.manifest.modelId : undefined
      const moved = await moveByOperator({ ...wish, modelId }, parts)
      await own.until('the move to be read', () => Promise.resolve(isFollowed(moved.modelId)), 1)
      return moved.modelId
    },
    async close() {
      await following.stop()
      await outputs.close()
    },
  }
}

/** A closed load: each connection asks again when it has its answer. */
function startLoad(url: string, connections: number) {
  const ending = new AbortController()
  const counts = { requests: 0, failed: 0, byModel: {} as Record<string, number> }
  /** Of the requests that a model answered, the one that was asked last. */
  const newest = new Map<string, number>()

  async function ask(body: unknown): Promise<void> {
    const asked = ++counts.requests
    try {
      const response = await requestHttp(url, { method: 'POST', body })
      const { modelId, fallbackReason } = (await response.json()) as Record<string, string | null>
      if (response.status !== 200 || fallbackReason !== null || !modelId) counts.failed += 1
      else {
        newest.set(modelId, Math.max(asked, newest.get(modelId) ?? 0))
        counts.byModel[modelId] = (counts.byModel[modelId] ?? 0) + 1
      }
    } catch {
      counts.failed += 1
    }
  }

  async function connection(n: number): Promise<void> {
    const requests = scoreRequests(`swaps-${String(n)}`)
    while (!ending.signal.aborted) await ask(requests.next().value!)
  }

  const asking = Array.from({ length: connections }, (_, n) => connection(n))
  return {
    counts,
    newestOf: (modelId: string) => newest.get(modelId) ?? 0,
    async stop() {
      ending.abort()
      await Promise.all(asking)
    },
  }
}
