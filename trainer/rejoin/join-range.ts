import type { ConnectedRuntime, EarlierRecords, Outputs, RunningStage, Stage } from '#streams'
import type { TrainerConfig } from '../config.ts'
import type { ErasedSoFar } from '../joiner/erase-pending.ts'
import type { JoinerSource } from '../joiner/joiner-lanes.ts'
import { createJoinerStage, type JoinerOptions } from '../joiner/joiner-stage.ts'
import { createTurns } from '../learning/turns.ts'
import { SIGNALS } from '../signals.ts'
import type { RejoinSource } from './rejoin-job.ts'

export interface JoinRangeParts {
  runtime: ConnectedRuntime
  config: TrainerConfig
  limits: JoinerOptions['limits']
  scratch: JoinerOptions['scratch']
  erased: ErasedSoFar
  /** Each is read from where it is needed to its end. */
  sources: readonly Pick<RejoinSource, 'topic' | 'ends' | 'needs'>[]
  /** What an archive has of a topic from there on, read before it; left out: nothing. */
  earlierOf?: ((topic: JoinerSource) => EarlierRecords | null) | undefined
  /** Takes the examples, and nothing else. */
  outputs: Outputs
  /** Waits until so many records may be joined; false: this process may not go on. */
  mayJoin?(records: number): Promise<boolean>
  /** A batch was joined, and what it made is acknowledged. */
  onBatch?(done: {
    topic: JoinerSource
    partition: number
    records: number
    read: number
    needed: number
  }): void
  /** Before something that could not be done is tried again. */
  pause(): Promise<unknown>
}

export interface JoiningRange {
  /** Resolves at the end of the range; rejects when the stage died. */
  done: Promise<void>
  /** Predictions that wait for what may come of them. */
  pending(): number
  stop(): Promise<void>
}

/**
 * The live joiner on a range of its topics, without a group: the same stage, up to given ends. A source that is read up to its
 * end holds nobody back, as live. Outages of label sources, which the live trainer notices, are not known here: no example is
 * marked with them.
 */
export async function joinRange(parts: JoinRangeParts): Promise<JoiningRange> {
  const { runtime, config, limits, scratch, erased } = parts
  const pending = new Map<string, number>()
  const stage = createJoinerStage(bounded(parts, pending), { config, limits, scratch, erased })
  const running: RunningStage = await runtime.readStage(upToEnds(stage, parts), {
    endOf: (topic, partition) => sourceOf(parts, topic).ends[partition]!,
    earlierOf: (topic) => parts.earlierOf?.(topic) ?? null,
    outputs: onlyExamples(parts.outputs),
  })
  return {
    done: running.done,
    pending: () => [...pending.values()].reduce((sum, count) => sum + count, 0),
    stop: () => running.stop(),
  }
}

const sourceOf = ({ sources }: JoinRangeParts, topic: JoinerSource) =>
  sources.find((source) => source.topic === topic)!

/** Topics end where the range does; what the joiner tells of what waits is counted here. */
function bounded(parts: JoinRangeParts, pending: Map<string, number>): ConnectedRuntime {
  const { runtime, sources } = parts
  const { signals } = runtime
  return {
    ...runtime,
    async offsets(topic, partition) {
      const source = sources.find((one) => one.topic === topic)
      if (source === undefined) return runtime.offsets(topic, partition)
      return { startOffset: source.needs[partition]!, endOffset: source.ends[partition]! }
    },
    signals: {
      ...signals,
      gauge(name, value, labels = {}) {
        if (name === SIGNALS.predictionsPending) pending.set(labels['partition']!, value)
        signals.gauge(name, value, labels)
      },
    },
  }
}

/** Topics are read side by side here: the joiner takes one batch of a partition at a time. */
function upToEnds(stage: Stage<JoinerSource>, parts: JoinRangeParts): Stage<JoinerSource> {
  const { mayJoin = () => Promise.resolve(true), onBatch } = parts
  const turns = parts.sources[0]!.ends.map(() => createTurns())
  return {
    ...stage,
    async opened(topic, partition, given) {
      await stage.opened?.(topic, partition, given)
      return sourceOf(parts, topic).needs[partition]!
    },
    async batch(batch, outputs) {
      const { topic, partition, nextOffset, firstOffset, records } = batch
      if (!(await mayJoin(records.length))) {
        await parts.pause()
        return { kind: 'seek', offset: firstOffset }
      }
      const result = await turns[partition]!(async () => {
        const joined = await stage.batch(batch, outputs)
        await outputs.flush()
        return joined
      })
      // It waits for the other topics: they are read meanwhile.
      if (result.kind === 'seek') await parts.pause()
      else
        onBatch?.({
          ...{ topic, partition, records: records.length },
          ...{ read: nextOffset, needed: result.commit ?? nextOffset },
        })
      return result
    },
  }
}

/** What is bad was dead-lettered by the live trainer. */
const onlyExamples = (outputs: Outputs): Outputs => ({
  add(topic, record) {
    if (topic === 'examples') outputs.add(topic, record)
  },
  flush: () => outputs.flush(),
})
