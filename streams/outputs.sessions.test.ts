import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Codec } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import { silentSignals } from './signal-registry.ts'
import { createAccumulator, type OutboundRecord } from './outputs.ts'

const SESSIONS = 3
const limits = {
  produceRecordsMax: 4,
  produceBytesMax: 1_000,
  produceRequestBytesMax: 30,
  outputsBytesMax: 100_000,
}
const codec = {
  encode: (_: string, record: { userId: string }) => Buffer.from(record.userId),
} as unknown as Codec

type Move = { kind: 'add' | 'flush'; session: number } | { kind: 'answer'; how: 'acknowledged' | 'lost' }

const session = fc.nat(SESSIONS - 1)
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), session }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const), session }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('answer' as const),
        how: fc.constantFrom('acknowledged', 'acknowledged', 'acknowledged', 'lost'),
      }),
    },
  ),
  { maxLength: 80 },
)

/** What became of each record, by its number. */
type Fate = 'queued' | 'acknowledged' | 'lost'

/** Several stages write through one accumulator to a broker that answers when it is told to. */
async function play(all: readonly Move[]): Promise<void> {
  const fates: Fate[] = []
  const owners: number[] = []
  const flights: { numbers: number[]; resolve(): void; reject(error: unknown): void }[] = []
  /** Lost records of which no flush has told. */
  const untold = new Set<number>()
  const wrong: string[] = []
  const accumulator = createAccumulator({
    name: 'stage',
    clock: { nowMs: () => 0 },
    signals: silentSignals,
    codec,
    limits,
    partitionCount: () => 1,
    deliver(records: OutboundRecord[]) {
      expect(flights, 'two requests in flight').toHaveLength(0)
      const numbers = records.map(({ key }) => Number(key.toString()))
      expect(numbers, 'out of order or twice').toEqual(numbers.map((_, at) => numbers[0]! + at))
      for (const number of numbers) expect(fates[number]).toBe('queued')
      return new Promise<void>((resolve, reject) => flights.push({ numbers, resolve, reject }))
    },
  })
  const outputs = Array.from({ length: SESSIONS }, () => accumulator.session())
  const flushes: Promise<void>[] = []

  function add(by: number): void {
    const number = fates.push('queued') - 1
    owners.push(by)
    outputs[by]!.add('users', {
      key: String(number),
      value: { ...sampleRecords.users, userId: `value ${number}` },
    })
  }

  /** A flush speaks of what its session added before it and of which no flush has told: all is well, or some is lost. */
  function flush(by: number): void {
    const open = owners.flatMap((owner, number) =>
      owner === by && (fates[number] === 'queued' || untold.has(number)) ? [number] : [],
    )
    const told = outputs[by]!.flush().then(
      () => {
        if (open.some((number) => fates[number] !== 'acknowledged')) wrong.push(`resolved: ${open.join()}`)
      },
      () => {
        if (!open.some((number) => fates[number] === 'lost')) wrong.push(`rejected: ${open.join()}`)
        for (const number of open) untold.delete(number)
      },
    )
    flushes.push(told)
  }

  async function answer(how: 'acknowledged' | 'lost'): Promise<void> {
    const flight = flights.shift()
    if (flight === undefined) return
    if (how === 'acknowledged') {
      for (const number of flight.numbers) fates[number] = 'acknowledged'
      flight.resolve()
    } else {
      for (const [number, fate] of fates.entries()) {
        if (fate !== 'queued') continue
        fates[number] = 'lost'
        untold.add(number)
      }
      flight.reject(new Error('lost'))
    }
    await turn()
  }

  for (const move of all) {
    if (move.kind === 'add') add(move.session)
    if (move.kind === 'flush') flush(move.session)
    if (move.kind === 'answer') await answer(move.how)
    await turn()
  }
  // The first flush may only tell of an earlier loss; the next one sends.
  for (let rounds = 0; rounds < 2; rounds++) {
    for (let by = 0; by < SESSIONS; by++) flush(by)
    for (await turn(); flights.length > 0;) await answer('acknowledged')
    await Promise.all(flushes)
  }
  expect(fates).not.toContain('queued')
  expect([...untold]).toEqual([])
  // Who was told once is told no more.
  await Promise.all(outputs.map((one) => one.flush()))
  expect(wrong).toEqual([])
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('sessions of an accumulator', () => {
  it('hear of every loss of their own once, and of nothing else; records keep their order and go once', async () => {
    await fc.assert(fc.asyncProperty(moves, play), { numRuns: 300, seed: 3 })
  })
})
