import { setTimeout as sleep } from 'node:timers/promises'
import { compileFeatureSet } from '#feature-store'
import { createReadyExamples } from '../../testing/ready-examples.ts'
import type { OwnFeed } from './own-feed.ts'

export interface ReadyTrafficOptions {
  /** Before it resolves. */
  first: number
  /** Then so many at a time, for as long as it goes on. */
  perTurn: number
  turnMs: number
}

/** Matured examples that go on coming, without predictions. */
export async function startReadyExamples(feed: OwnFeed, { first, perTurn, turnMs }: ReadyTrafficOptions) {
  const { id: featureSetId, width } = compileFeatureSet(feed.config.features)
  const next = createReadyExamples({
    seed: 1,
    featureSetId,
    width,
    startMs: 1_700_000_000_000,
    everyMs: 1_000,
    users: 200,
  })
  const outputs = await feed.runtime.outputs('ready-examples')
  const ending = new AbortController()
  let written = 0

  async function write(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      const example = next()
      outputs.add('examples', { key: example.userId, value: example })
    }
    await outputs.flush()
    written += count
  }

  async function goOn(): Promise<void> {
    while (!ending.signal.aborted) {
      await write(perTurn)
      await sleep(turnMs)
    }
  }

  await write(first)
  const writing = goOn()
  return {
    written: () => written,
    async stop() {
      ending.abort()
      await writing
      await outputs.close()
    },
  }
}
