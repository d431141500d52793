import { describe, expect, it } from 'vitest'
import { formatMarker, GONE_MAX, parseMarker } from './crash-marker.ts'
import { type CrashLimits, type CrashWatch, watchPartition } from './crash-watch.ts'
import type { RawBatch } from './raw-record.ts'

const limits: CrashLimits = {
  batchRecordsMax: 50,
  catchUpFromRecords: 2_000,
  catchUpBatchRecordsMax: 120,
  crashLoopDeathsMax: 3,
  crashLoopWatchRecords: 200,
  crashLoopChunkRecords: 8,
  crashLoopGivenUpMax: 2,
}

const fetched = (from: number, until: number): RawBatch => ({
  topic: 'interactions',
  partition: 0,
  records: Array.from({ length: until - from }, (_, index) => ({
    partition: 0,
    offset: from + index,
    key: null,
    value: Buffer.from('x'),
    brokerTimeMs: 0,
  })),
  nextOffset: until,
  endOffset: until,
})

/** Of a run that died, having read to 400. */
const LEFT_OPEN_AT_400 = formatMarker({
  by: 'first',
  read: 400,
  watch: null,
  hand: null,
  gone: [],
  goneInARow: 0,
})

/** A log of `end` records, a stage with or without a fence, and a record that kills: one run after another. */
function createWorld(end: number, options: { fenced?: boolean; limits?: Partial<CrashLimits> } = {}) {
  const used = { ...limits, ...options.limits }
  let metadata: string | null = null
  let committed = 0
  let fence = 0
  let runs = 0
  const handed: number[][] = []
  const [applied, givenUp, skipped] = [new Set<number>(), [] as number[], [] as number[]]

  /** @returns 'died' | 'killed' | 'end' */
  function run(kills: ReadonlySet<number>, piecesMax = Infinity): 'died' | 'killed' | 'end' {
    runs += 1
    const position = options.fenced ? fence : committed
    const watch: CrashWatch = watchPartition(
      { metadata, position, commit: position, by: `run-${runs}` },
      used,
    )
    let rest: RawBatch | null = position < end ? fetched(position, end) : null
    for (let piece = 0; rest !== null; piece++) {
      const slice = watch.cut(rest)
      if (slice.mark !== null) metadata = slice.mark
      if (piece === piecesMax) return 'killed'
      const records = slice.batch.records
      handed.push(records.map(({ offset }) => offset))
      if (records.some(({ offset, crashLoop }) => crashLoop === undefined && kills.has(offset))) return 'died'
      for (const { offset, crashLoop } of records) {
        if (crashLoop === 'give_up') givenUp.push(offset)
        else if (crashLoop === 'given_up') skipped.push(offset)
        else applied.add(offset)
      }
      fence = slice.batch.nextOffset
      watch.passed(fence, fence)
      // Commits lag behind: every third piece.
      if (piece % 3 === 2 || slice.mark !== null) {
        committed = watch.commitOffset()
        metadata = watch.marker()
      }
      rest = slice.rest
    }
    committed = watch.commitOffset()
    metadata = watch.closing('in_order')
    return 'end'
  }
  return { run, applied, givenUp, skipped, handed, marker: () => metadata, deaths: () => runs - 1 }
}

/** Runs until it does not die any more. */
function untilEnd(world: ReturnType<typeof createWorld>, kills: ReadonlySet<number>, runsMax = 100): void {
  for (let run = 0; run < runsMax; run++) if (world.run(kills) === 'end') return
  throw new Error(`still dying after ${runsMax} runs`)
}

describe('a record that kills the process', () => {
  for (const fenced of [true, false]) {
    for (const killer of [0, 1, 37, 50, 149, 299]) {
      it(`${fenced ? 'behind a fence' : 'without a fence'}: offset ${killer} is given up alone, in five deaths`, () => {
        const world = createWorld(300, { fenced })
        untilEnd(world, new Set([killer]))
        expect(world.givenUp).toEqual([killer])
        expect(world.applied.size).toBe(299)
        expect(world.deaths()).toBe(5)
        const alone = world.handed.filter((offsets) => offsets.length === 1 && offsets[0] === killer)
        expect(alone).toHaveLength(4)
      })
    }
  }

  it('dies for ever with the rule off, and no marker is written', () => {
    const world = createWorld(300, { limits: { crashLoopDeathsMax: 0 } })
    expect(() => untilEnd(world, new Set([120]))).toThrow('still dying')
    expect(world.givenUp).toEqual([])
    expect(world.marker()).toBeNull()
  })

  it('may be one of several', () => {
    const world = createWorld(300)
    untilEnd(world, new Set([3, 4, 90, 200]))
    expect(world.givenUp).toEqual([3, 4, 90, 200])
    expect(world.applied.size).toBe(296)
  })

  it('is not what is wrong when all of them kill: no more than crashLoopGivenUpMax in a row', () => {
    const world = createWorld(300)
    expect(() => untilEnd(world, new Set(Array.from({ length: 300 }, (_, offset) => offset)))).toThrow()
    expect(world.givenUp).toEqual([0, 1])
  })
})

describe('a process that is killed by something else', () => {
  it('costs no record as long as it moves on, however often it happens', () => {
    const world = createWorld(3_000)
    for (let run = 0; run < 400; run++) if (world.run(new Set(), 1 + (run % 7)) === 'end') break
    expect(world.givenUp).toEqual([])
  })
  it('is forgotten once the watched records have passed', () => {
    const world = createWorld(1_000)
    world.run(new Set(), 4)
    expect(parseMarker(world.marker())).toMatchObject({ by: 'run-1', watch: null })
    world.run(new Set(), 1)
    expect(parseMarker(world.marker())?.watch).not.toBeNull()
    expect(world.run(new Set())).toBe('end')
    expect(world.handed.at(-1)).toHaveLength(50)
    expect(world.marker()).toBe('')
  })
})

describe('watchPartition', () => {
  const opened = (metadata: string | null, position = 100, by = 'second') =>
    watchPartition({ metadata, position, commit: position, by }, limits)
  const at = (hand: { from: number; until: number; aloneDeaths: number | null } | null) =>
    formatMarker({ by: 'first', read: 100, watch: null, hand, gone: [], goneInARow: 0 })

  it('announces the first batch of an opening only', () => {
    const watch = opened(null)
    const first = watch.cut(fetched(100, 180))
    expect(first.mark).not.toBeNull()
    expect(first.batch.records).toHaveLength(50)
    watch.passed(150, 150)
    expect(watch.cut(first.rest!).mark).toBeNull()
  })
  it('blames nobody whose records the fence has passed', () => {
    const watch = opened(at({ from: 100, until: 101, aloneDeaths: 2 }), 101)
    const slice = watch.cut(fetched(101, 180))
    expect(slice.batch.records.map(({ crashLoop }) => crashLoop)).toEqual(Array(8).fill(undefined))
  })
  it('counts no death when it finds its own marker: the group was divided anew', () => {
    const metadata = at({ from: 100, until: 101, aloneDeaths: 2 })
    expect(opened(metadata, 100, 'first').cut(fetched(100, 180)).batch.records[0]!.crashLoop).toBeUndefined()
    expect(opened(metadata).cut(fetched(100, 180)).batch.records[0]!.crashLoop).toBe('give_up')
  })
  it('names what was at hand when the stage failed by it, and nothing when it stopped in order', () => {
    const watch = opened(null)
    watch.cut(fetched(100, 120))
    expect(parseMarker(watch.closing('at_fault'))?.hand).toEqual({ from: 100, until: 120, aloneDeaths: null })
    const other = opened(null)
    other.cut(fetched(100, 120))
    expect(other.closing('in_order')).toBe('')
  })
  it('has nothing to take back when it never wrote', () => {
    expect(opened(at(null)).closing('in_order')).toBeNull()
  })
  it('asks again when a marker was refused', () => {
    const watch = opened(null)
    watch.cut(fetched(100, 120))
    watch.refused()
    expect(watch.cut(fetched(100, 120)).mark).not.toBeNull()
  })
  it('skips what it gave up when it is read again, until the commit has passed it', () => {
    const metadata = formatMarker({
      by: null,
      read: 110,
      watch: null,
      hand: null,
      gone: [105],
      goneInARow: 1,
    })
    const watch = opened(metadata)
    const { batch } = watch.cut(fetched(100, 110))
    expect(batch.records.map(({ crashLoop }) => crashLoop).indexOf('given_up')).toBe(5)
    watch.passed(110, 103)
    expect(parseMarker(watch.closing('in_order'))?.gone).toEqual([105])
    const later = opened(metadata)
    later.cut(fetched(100, 110))
    later.passed(110, 110)
    expect(later.closing('in_order')).toBe('')
  })
  it('watches where the run before had read to, when its commits lag behind', () => {
    const watch = opened(LEFT_OPEN_AT_400)
    expect(watch.cut(fetched(390, 450)).batch.records).toHaveLength(10)
    watch.passed(400, 100)
    expect(watch.cut(fetched(400, 450)).batch.records).toHaveLength(8)
  })
})

describe('how much a stage gets at a time', () => {
  const cutAt = (behind: number, changed: Partial<CrashLimits> = {}): number => {
    const used = { ...limits, ...changed }
    const watch = watchPartition({ metadata: null, position: 400, commit: 400, by: 'run-2' }, used)
    return watch.cut({ ...fetched(400, 700), endOffset: 400 + behind }).batch.records.length
  }

  it('is more for who is far behind, and the usual again near the end', () => {
    expect([300, 1_999, 2_000, 100_000].map((behind) => cutAt(behind))).toEqual([50, 50, 120, 120])
  })
  it('is the same with the crash-loop rule off', () => {
    const off = { crashLoopDeathsMax: 0 }
    expect([cutAt(1_999, off), cutAt(2_000, off)]).toEqual([50, 120])
  })
  it('is never less for who is far behind', () => {
    expect(cutAt(2_000, { batchRecordsMax: 200 })).toBe(200)
  })
  it('is still a chunk where the run before died', () => {
    const watch = watchPartition(
      { metadata: LEFT_OPEN_AT_400, position: 400, commit: 400, by: 'run-2' },
      limits,
    )
    expect(watch.cut({ ...fetched(400, 700), endOffset: 90_000 }).batch.records).toHaveLength(8)
  })
})

describe('marker', () => {
  it('comes back as it was written, and fits a broker at its largest', () => {
    const marker = {
      by: 'abcdef12',
      read: 2 ** 53 - 2,
      watch: { from: 2 ** 53 - 3, until: 2 ** 53 - 1 },
      hand: { from: 2 ** 53 - 3, until: 2 ** 53 - 1, aloneDeaths: 3 },
      gone: Array.from({ length: GONE_MAX }, (_, index) => 2 ** 53 - 1 - index),
      goneInARow: 9,
    }
    const text = formatMarker(marker)
    expect(parseMarker(text)).toEqual(marker)
    expect(text.length).toBeLessThan(4_096)
  })
  it.each([null, '', 'from another tool', '{}', '{"v":2,"read":1}', '{"v":1}', '7'])(
    'is none in %j',
    (text) => {
      expect(parseMarker(text)).toBeNull()
    },
  )
})
