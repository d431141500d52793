import { describe, expect, it } from 'vitest'
import { type Codec, DecodeError, RegistryUnavailableError } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import { streamsConfigSchema } from './config.ts'
import { silentLogger } from './log.ts'
import type { RawBatch } from './raw-record.ts'
import { silentSignals } from './signal-registry.ts'
import { createStageRunner } from './stage-runner.ts'
import type { Outputs, Stage } from './stage.ts'
import { retry } from './verdict.ts'

const { limits } = streamsConfigSchema.parse({
  limits: { retryAttemptsMax: 3, retryDelayMs: 10, retryDelayMaxMs: 15 },
})

function codecOf(decode: (text: string) => void): Codec {
  return {
    encode: () => Buffer.alloc(0),
    decode: (_topic: string, bytes: Buffer) => {
      decode(bytes.toString())
      return { ...sampleRecords.users, userId: bytes.toString() }
    },
    load: () => Promise.reject(new RegistryUnavailableError('schema 7', 1, 'outage')),
  } as unknown as Codec
}

function runnerOf(stage: Partial<Stage<'users'>>, codec: Codec, calls: string[] = []) {
  const outputs: Outputs = {
    add: (topic, { key }) => void calls.push(`add ${topic} ${key}`),
    flush: () => Promise.resolve(void calls.push('flush')),
  }
  const complete: Stage<'users'> = {
    name: 's',
    sources: ['users'],
    startFrom: 'earliest',
    batch({ records, firstOffset, nextOffset }) {
      calls.push(`batch ${firstOffset}-${nextOffset} [${records.map(({ offset }) => offset)}]`)
      return Promise.resolve({ kind: 'done' })
    },
    ...stage,
  }
  const clock = { nowMs: () => 0 }
  const run = createStageRunner(complete, {
    codec,
    clock,
    log: silentLogger,
    signals: silentSignals,
    limits,
    topicName: () => 't',
  })
  return { calls, run: (raw: RawBatch<'users'>) => run(raw, outputs) }
}

function batchOf(values: string[], firstOffset = 10): RawBatch<'users'> {
  const records = values.map((value, index) => ({
    partition: 1,
    offset: firstOffset + index,
    key: null,
    value: Buffer.from(value),
    brokerTimeMs: 0,
  }))
  return { topic: 'users', partition: 1, records, nextOffset: firstOffset + values.length + 2, endOffset: 99 }
}

describe('stage runner', () => {
  it('has dead letters acknowledged before the stage can move its fence', async () => {
    const codec = codecOf((text) => {
      if (text === 'bad') throw new DecodeError('undecodable', 'no')
    })
    const { run, calls } = runnerOf({}, codec)
    expect(await run(batchOf(['a', 'bad', 'b']))).toEqual({ kind: 'done', nextOffset: 15, commit: 15 })
    expect(calls).toEqual(['add deadLetters t', 'flush', 'batch 10-15 [10,12]', 'flush'])
  })

  it('ends a batch before a record that must wait, waits longer each time and parks it in the end', async () => {
    const steps = {
      users: [
        (value: typeof sampleRecords.users) =>
          value.userId === 'c' ? retry<typeof value>('later') : ({ kind: 'pass', value } as const),
      ],
    }
    const { run, calls } = runnerOf(
      { steps },
      codecOf(() => undefined),
    )
    expect(await run(batchOf(['a', 'b', 'c', 'd']))).toEqual({
      kind: 'retry',
      offset: 12,
      commit: 12,
      delayMs: 10,
      parked: false,
    })
    expect(calls).toEqual(['batch 10-12 [10,11]', 'flush'])
    expect(await run(batchOf(['c', 'd'], 12))).toEqual({
      kind: 'retry',
      offset: 12,
      commit: null,
      delayMs: 15,
      parked: false,
    })
    for (let attempt = 3; attempt < 6; attempt++)
      expect(await run(batchOf(['c', 'd'], 12))).toMatchObject({ offset: 12, delayMs: 15, parked: true })
    expect(calls.length).toBe(2)
  })

  it('waits for a registry that does not answer', async () => {
    const codec = codecOf(() => {
      throw new DecodeError('schema_not_loaded', 'ask')
    })
    expect(await runnerOf({}, codec).run(batchOf(['a']))).toMatchObject({
      kind: 'retry',
      offset: 10,
      commit: null,
    })
  })

  it('stops on what nobody foresaw', async () => {
    const codec = codecOf(() => {
      throw new TypeError('undefined is not a function')
    })
    await expect(runnerOf({}, codec).run(batchOf(['a']))).rejects.toThrow(TypeError)
  })

  it('does not decode a record above the bound', async () => {
    const decoded: number[] = []
    const { run } = runnerOf(
      {},
      codecOf((text) => void decoded.push(text.length)),
    )
    const { recordBytesMax } = limits
    await run(batchOf(['x'.repeat(recordBytesMax), 'x'.repeat(recordBytesMax + 1)]))
    expect(decoded).toEqual([recordBytesMax])
  })
})

describe('a record that kills', () => {
  it('is dead-lettered without a look at it, and is left out when it comes again', async () => {
    const decoded: string[] = []
    const calls: string[] = []
    const { run } = runnerOf(
      {},
      codecOf((text) => void decoded.push(text)),
      calls,
    )
    const raw = batchOf(['a', 'b', 'c'])
    const records = [
      { ...raw.records[0]!, crashLoop: 'given_up' as const },
      { ...raw.records[1]!, crashLoop: 'give_up' as const },
      raw.records[2]!,
    ]
    await run({ ...raw, records })
    expect(decoded).toEqual(['c'])
    expect(calls.filter((call) => call.startsWith('add deadLetters'))).toHaveLength(1)
  })
})
