import { describe, expect, it } from 'vitest'
import { createCodec } from './codec.ts'
import type { Codec } from './codec-contract.ts'
import { testCatalogue } from './testing/current-types.ts'
import { createCodecFuzz, DECODE_MS_MAX } from './testing/fuzz/codec-fuzz.ts'
import { createCorpus } from './testing/fuzz/corpus.ts'

/** The long form, ten million payloads in a process of 512 MB: `npm run fuzz`. */
const PAYLOADS = 25_000
const corpus = await createCorpus(1, 8)
const codec = await createCodec(corpus.registry, testCatalogue())

async function fuzz(under: Codec, payloads: number, elapsedMs: () => number = () => 0) {
  const run = createCodecFuzz({ codec: under, corpus, seed: 20_251_124, elapsedMs, cpuMs: elapsedMs })
  for (let index = 0; index < payloads; index++) await run.play(index)
  return run
}

describe('mutated values', () => {
  it(
    'are refused with a DecodeError, or are records no larger than their bytes that come back as they were',
    { tags: 'long' },
    async () => {
      const { tally } = await fuzz(codec, PAYLOADS)
      expect(tally.findings).toEqual([])
      // The mutations must reach past the walk, too, or they would show nothing of the decoder.
      expect(Math.min(...Object.values(tally.outcomes))).toBeGreaterThan(20)
      for (const [name, { payloads, decoded }] of Object.entries(tally.mutations)) {
        if (name !== 'anyBytes') expect(decoded, name).toBeGreaterThan(3)
        if (name !== 'untouched') expect(payloads - decoded, name).toBeGreaterThan(10)
      }
    },
  )

  it('can be made again one by one', async () => {
    const [one, other] = [await fuzz(codec, 0), await fuzz(codec, 0)]
    expect(one.make(1_234)).toEqual(other.make(1_234))
    expect(one.make(1_234)).not.toEqual(one.make(1_235))
  })
})

describe('what the fuzz sees', () => {
  const decodingAs = (decode: Codec['decode']): Codec => ({ ...codec, decode })

  it('another error', async () => {
    const broken = decodingAs((topic, bytes) => {
      if (bytes.length < 5) throw new RangeError('out of range')
      return codec.decode(topic, bytes)
    })
    expect((await fuzz(broken, 2_000)).tally.findings[0]?.what).toMatch(/RangeError: out of range/)
  })

  it('a record that does not come back', async () => {
    let turn = 0
    const broken = decodingAs((topic, bytes) => ({ ...codec.decode(topic, bytes), occurredAtMs: turn++ }))
    expect((await fuzz(broken, 200)).tally.findings[0]?.what).toBe('came back as another record')
  })

  it('more values than bytes', async () => {
    const swollen = { userId: 'u'.repeat(100_000) }
    const broken = decodingAs((topic, bytes) => ({ ...codec.decode(topic, bytes), ...swollen }))
    expect((await fuzz(broken, 200)).tally.findings[0]?.what).toMatch(/^decoded to \d+ values/)
  })

  it('a decode that is slow each time, and not one that was slow once', async () => {
    let nowMs = 0
    let decodes = 0
    const slow = (isSlow: () => boolean) =>
      decodingAs((topic, bytes) => {
        if (isSlow()) nowMs += DECODE_MS_MAX + 1
        return codec.decode(topic, bytes)
      })
    const once = await fuzz(
      slow(() => decodes++ === 0),
      50,
      () => nowMs,
    )
    expect(once.tally).toMatchObject({
      overLimitOnce: 1,
      findings: [],
      slowestMs: DECODE_MS_MAX + 1,
      slowestRepeatedMs: 0,
    })
    const always = await fuzz(
      slow(() => true),
      50,
      () => nowMs,
    )
    expect(always.tally.findings[0]?.what).toMatch(/took 51\.0 ms of CPU at best/)
  })
})
