import * as fc from 'fast-check'
import type { OffsetsByTopicPartition } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../log.ts'
import { silentSignals } from '../../signal-registry.ts'
import { createCommits } from './kafka-commits.ts'

const TOPIC = 'feed.interactions.v1'
const PARTITIONS = 3

type Move =
  /** So many more records of this partition are done. */
  | { kind: 'done'; partition: number; records: number }
  | { kind: 'flush' }
  /** The broker answers the oldest commit it was asked: done, refused, or done with its answer lost. */
  | { kind: 'answer'; how: 'committed' | 'refused' | 'answerLost' }
  /** The group is divided anew: everybody begins at what the broker has. */
  | { kind: 'newGeneration' }

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('done' as const),
        partition: fc.nat(PARTITIONS - 1),
        records: fc.integer({ min: 1, max: 9 }),
      }),
    },
    { weight: 4, arbitrary: fc.constant({ kind: 'flush' as const }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        how: fc.constantFrom('committed', 'refused', 'answerLost'),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'newGeneration' as const }) },
  ),
  { maxLength: 60 },
)

interface Asked {
  generation: number
  offsets: Map<number, number>
  resolve(): void
  reject(error: unknown): void
}

/** A ledger of offsets with a broker that answers when it is told to. */
function ledger() {
  const commits = createCommits({
    stage: 'joiner',
    intervalMs: 1e8,
    log: silentLogger,
    signals: silentSignals,
  })
  const committed = new Map<number, number>()
  const asked: Asked[] = []
  let generation = 0
  let done = new Map<number, number>()
  let committedNow = new Map<number, number>()

  function ask(of: number, { topics }: OffsetsByTopicPartition): Promise<void> {
    expect(of, 'asked in the name of an earlier generation').toBe(generation)
    const offsets = new Map(topics[0]!.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    return new Promise((resolve, reject) => asked.push({ generation: of, offsets, resolve, reject }))
  }

  function store({ generation: of, offsets }: Asked): void {
    // The broker refuses an earlier generation's.
    if (of !== generation) return
    for (const [partition, offset] of offsets) {
      expect(offset, 'went back').toBeGreaterThanOrEqual(committedNow.get(partition) ?? 0)
      expect(offset, 'past what was done').toBeLessThanOrEqual(done.get(partition) ?? 0)
      committedNow.set(partition, offset)
      committed.set(partition, offset)
    }
  }

  return {
    committed,
    latest: () => done,
    commits,
    async play(move: Move): Promise<void> {
      if (move.kind === 'done') {
        const offset = (done.get(move.partition) ?? committed.get(move.partition) ?? 0) + move.records
        done.set(move.partition, offset)
        const of = generation
        commits.note({ topic: TOPIC, partition: move.partition, offset, metadata: null }, (offsets) =>
          ask(of, offsets),
        )
      } else if (move.kind === 'flush') {
        void commits.flush()
      } else if (move.kind === 'answer') {
        const oldest = asked.shift()
        if (oldest === undefined) return
        if (move.how !== 'refused') store(oldest)
        if (move.how === 'committed') oldest.resolve()
        else oldest.reject(new Error(move.how))
      } else {
        generation += 1
        done = new Map()
        committedNow = new Map()
        commits.clear()
      }
      await turn()
    },
    /** Answers everything well until nothing is asked any more. */
    async calm(): Promise<void> {
      for (let quiet = 0; quiet < 3;) {
        void commits.flush()
        await turn()
        const oldest = asked.shift()
        if (oldest === undefined) {
          quiet += 1
          continue
        }
        store(oldest)
        oldest.resolve()
        await turn()
      }
    },
  }
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('commits', () => {
  it('never go back within a generation, nor past what was done, and in the end hold all that was done', async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (all) => {
        const { commits, committed, latest, play, calm } = ledger()
        for (const move of all) await play(move)
        await calm()
        for (const [partition, offset] of latest()) expect(committed.get(partition)).toBe(offset)
        commits.clear()
      }),
      { numRuns: 300, seed: 4 },
    )
  })

  it('do not come again when they were refused after a newer one was on its way', async () => {
    const { commits, committed, play, calm } = ledger()
    const done = { kind: 'done', partition: 0, records: 5 } as const
    for (const move of [done, { kind: 'flush' }, done, { kind: 'flush' }] as const) await play(move)
    await play({ kind: 'answer', how: 'refused' })
    await play({ kind: 'answer', how: 'committed' })
    await calm()
    expect(committed).toEqual(new Map([[0, 10]]))
    commits.clear()
  })
})
