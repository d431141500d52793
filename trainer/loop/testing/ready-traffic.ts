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

/** Examples that are sent before their acknowledgement is waited for. */
const AT_ONCE_MAX = 5_000

/** Matured examples, without predictions. */
export async function openReadyExamples(feed: OwnFeed) {
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
  let written = 0
  return {
    written: () => written,
    /** Resolves when so many more are acknowledged. */
    async write(count: number): Promise<void> {
      for (let at = 1; at <= count; at++) {
        const example = next()
        outputs.add('examples', { key: example.userId, value: example })
        if (at % AT_ONCE_MAX === 0) await outputs.flush()
      }
      await outputs.flush()
      written += count
    },
    close: () => outputs.close(),
  }
}

/** They go on coming; what the feed waits for ends when they cannot be written. */
export async function startReadyExamples(feed: OwnFeed, { first, perTurn, turnMs }: ReadyTrafficOptions) {
  const examples = await openReadyExamples(feed)
  const ending = new AbortController()
  let failure: unknown

  async function goOn(): Promise<void> {
    while (!ending.signal.aborted) {
      await examples.write(perTurn)
      await sleep(turnMs)
    }
  }

  async function stop(): Promise<void> {
    ending.abort()
    await writing
    await examples.close()
  }

  await examples.write(first)
  const writing = goOn().catch((error: unknown) => (failure = error))
  const mustRun = () => {
    if (failure !== undefined) throw new Error('no more examples could be written', { cause: failure })
  }
  feed.adopt({ mustRun, kill: stop })
  return { written: examples.written, stop }
}
