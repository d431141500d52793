import type { Example } from '#schemas'
import type { Outputs, Runtime } from '#streams'
import type { JoiningRange } from '../../../rejoin/join-range.ts'
import type { LoggedExample } from './export-examples.ts'

/** Where a join writes to, and what is read of it; a batch is acknowledged when all of it was taken. */
export interface JoinedExamples {
  outputs: Outputs
  /** @param begin the join, which writes to `outputs` */
  read(begin: () => Promise<JoiningRange>): AsyncIterable<LoggedExample>
}

/** Examples as they are joined, without a topic between. Holds what one batch of each partition made. */
export function createJoinedExamples(runtime: Pick<Runtime, 'partitionOf'>): JoinedExamples {
  let waiting: LoggedExample[] = []
  const counts = new Map<number, number>()
  let taken: (() => void)[] = []
  let wake = () => undefined as void
  let isClosed = false

  function add(key: string, value: Example): void {
    const partition = runtime.partitionOf('examples', key)
    const offset = counts.get(partition) ?? 0
    counts.set(partition, offset + 1)
    waiting.push({ raw: { partition, offset }, value })
    wake()
  }

  async function* read(begin: () => Promise<JoiningRange>): AsyncGenerator<LoggedExample> {
    const joining = await begin()
    let isOver = false
    const over = () => {
      isOver = true
      wake()
    }
    joining.done.then(over, over)
    try {
      for (;;) {
        const some = waiting
        waiting = []
        for (const logged of some) yield logged
        if (waiting.length > 0) continue
        const flushed = taken
        taken = []
        for (const resolve of flushed) resolve()
        if (isOver && waiting.length === 0) break
        if (flushed.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        else await Promise.resolve()
      }
      await joining.done
    } finally {
      isClosed = true
      for (const resolve of taken) resolve()
      await joining.stop().catch(() => undefined) // told by `done`
    }
  }

  return {
    outputs: {
      add(topic, { key, value }) {
        if (topic === 'examples' && value !== null) add(key, value as Example)
      },
      flush: () =>
        waiting.length === 0 || isClosed
          ? Promise.resolve()
          : new Promise((resolve) => {
              taken.push(resolve)
              wake()
            }),
    },
    read,
  }
}
