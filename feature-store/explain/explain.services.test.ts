import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { untilStopped } from '#streams'
import { until } from '#streams/testing'
import { registerFeatureStoreCommands } from '../commands.ts'
import { DEFAULT_FEATURES } from '../default-features.ts'
import { smoothedRate } from '../kinds/index.ts'
import { openReplayFeed } from '../testing/replay-feed.ts'
import { STATEFUL_FEATURES } from '../testing/stateful-features.ts'
import { TRAFFIC_START_MS } from '../testing/traffic.ts'
import type { ExplainedFeature } from './explain-vector.ts'

const stack = inject('stack')
const INTERACTIONS = 400
const END = new Date(TRAFFIC_START_MS + INTERACTIONS * 5_000).toISOString()
const ofFeed = smoothedRate({ entity: 'item', of: ['like'], per: ['view'], strength: 9, halfLifeMinutes: 5 })
const features = [...DEFAULT_FEATURES, ofFeed, ...STATEFUL_FEATURES]

interface Told {
  features: ExplainedFeature[]
  notes: string[]
}

describe.skipIf(stack === null)('features explain', () => {
  let feed: Awaited<ReturnType<typeof openReplayFeed>>

  beforeAll(async () => {
    feed = await openReplayFeed(stack!, { features })
    await feed.serve({ features })
    await feed.traffic(INTERACTIONS)
  })
  afterAll(() => feed.close())

  /** As a user runs it; what it printed. */
  async function explain(...argv: string[]): Promise<string> {
    const config = feed.configOf({ features })
    const program = new Command().exitOverride()
    registerFeatureStoreCommands(program, {
      loadConfig: async () => config,
      addresses: async () => stack!,
      connect: (name) => feed.connect(name),
      untilStopped,
    })
    const write = process.stdout.write
    let written = ''
    process.stdout.write = (text: string | Uint8Array) => ((written += String(text)), true)
    try {
      await program.parseAsync(['features', 'explain', '--user', 'u1', '--item', 'i1', ...argv], {
        from: 'user',
      })
    } finally {
      process.stdout.write = write
    }
    return written
  }
  const told = async (...argv: string[]) => JSON.parse(await explain(...argv, '--json')) as Told
  /** What does not depend on when it is asked. */
  const lasting = ({ features }: Told) =>
    features
      .filter(({ kind }) => ['decayedCount', 'distinctCount', 'windowedQuantile', 'lastItems'].includes(kind))
      .flatMap(({ name, columns }) => columns.map(({ value }) => [name, value]))
      .filter(([name]) => !/_\d+m$/.test(String(name)))

  it('says of the log what it says of the store', async () => {
    const fromLog = await told('--at', 'now')
    expect(lasting(fromLog).some(([, value]) => value !== 0)).toBe(true)
    await until('the store has all of it', async () => {
      const fromStore = await told()
      return JSON.stringify(lasting(fromStore)) === JSON.stringify(lasting(fromLog))
    })
  })

  it('knows nothing of what was told after the moment, unless it is asked to', async () => {
    const before = await told('--at', END)
    expect(before.notes[0]).toMatch(/^\d+ records about the time before were told after it/)
    expect(before.features[0]!.columns.every(({ value, isMissing }) => value === 0 || isMissing)).toBe(true)
    const then = await told('--at', END, '--told-later')
    expect(then.notes).toEqual([])
    const quantile = then.features.find(({ name }) => name === 'item_view_value_q0.9_last_30m')!
    expect(quantile.from).toBe('item state (view)')
    expect(quantile.columns[0]!.isMissing).toBe(false)
  })

  it('prints a table', async () => {
    const text = await explain('--at', END, '--told-later', '--among', 'i2', 'i3')
    expect(text).toMatch(/^user u1, item i1, at 2023-07-22T\S+Z, from \d+ records of the log, fs-/)
    expect(text).toMatch(/\nfeature +value +unit +says +age +from +meaning\n/)
    expect(text).toMatch(/\nlist_length +\S+ +ln\(1 \+ count\) \/ 4 +3 /)
  })

  it('stops at the bound that it is given', async () => {
    await expect(explain('--at', 'now', '--records-max', '10')).rejects.toThrow('more than 10 records')
  })
})
