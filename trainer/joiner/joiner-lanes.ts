import { STAGES } from '#schemas'
import type { Runtime } from '#streams'
import type { TrainerConfig } from '../config.ts'
import { createJoinWindow, type JoinWindow } from './join-window.ts'
import { createLabelRules } from './label-rules.ts'
import { createPredictionSpace, type PredictionShelf, type SpaceBound } from './pending/prediction-space.ts'
import type { ScratchFile } from './pending/scratch-file.ts'
import { createSourceTimes, type SourceTimes } from './source-times.ts'

/** What tells of a shown item: both are keyed by user, as predictions are. */
export type JoinerSource = 'predictions' | 'outcomes' | 'interactions'
export const SOURCES: readonly JoinerSource[] = STAGES.joiner.sources
const MINUTE_MS = 60_000
/** What a record needs in memory at most, when it is new: its row, its item, its places in the heaps. */
const RECORD_BYTES = 256

/** State of one partition. */
export interface Lane {
  readonly partition: number
  readonly window: JoinWindow
  readonly times: SourceTimes
  readonly shelf: PredictionShelf
  /** So many of the erasures that are known were looked for in what waits (erase-pending.ts). */
  erasuresDone: number
}

export type Bound = NonNullable<ReturnType<JoinWindow['boundReached']>> | SpaceBound

/** The partitions of a process, and the room that they share. */
export interface JoinerLanes {
  of(partition: number): Lane
  /** One piece of work at a time per lane. When its partition is taken away meanwhile, the lane ends after it. */
  work<T>(lane: Lane, work: () => Promise<T>): Promise<T>
  close(partition: number): void
  /** The bound that so many more records and bytes of predictions would reach; undefined: they fit. */
  boundReached(lane: Lane, records: number, bytes: number): Bound | undefined
  /** Writes to disk what memory may not hold. */
  relieve(): Promise<void>
  readonly memoryBytes: number
  readonly diskBytes: number
}

export interface JoinerLanesOptions {
  config: TrainerConfig
  scratch: ScratchFile | undefined
}

export function createJoinerLanes(runtime: Runtime, { config, scratch }: JoinerLanesOptions): JoinerLanes {
  const { pendingBytesMax, pendingDiskBytesMax } = config.limits
  const rules = createLabelRules(config.labels)
  const lanes = new Map<number, Lane>()
  /** Memory of their windows, as of their last work. */
  const windowBytes = new Map<Lane, number>()
  const busy = new Set<Lane>()
  let otherBytes = 0
  const space = createPredictionSpace({
    memoryBytesMax: pendingBytesMax,
    otherBytes: () => otherBytes,
    scratch,
    diskBytesMax: pendingDiskBytesMax,
  })

  function open(partition: number): Lane {
    const shelf = space.open()
    const lane = {
      partition,
      shelf,
      erasuresDone: 0,
      ...createJoin(runtime, { partition, config, rules, shelf }),
    }
    lanes.set(partition, lane)
    note(lane, 0)
    return lane
  }

  function note(lane: Lane, bytes: number): void {
    otherBytes += bytes - (windowBytes.get(lane) ?? 0)
    windowBytes.set(lane, bytes)
  }

  function end(lane: Lane): void {
    note(lane, 0)
    windowBytes.delete(lane)
    lane.shelf.close()
  }

  return {
    of: (partition) => lanes.get(partition) ?? open(partition),
    async work(lane, work) {
      busy.add(lane)
      try {
        return await work()
      } finally {
        busy.delete(lane)
        if (lanes.get(lane.partition) === lane) note(lane, lane.window.memoryBytes)
        else end(lane)
      }
    },
    close(partition) {
      const lane = lanes.get(partition)
      if (lane === undefined) return
      lanes.delete(partition)
      if (!busy.has(lane)) end(lane)
    },
    boundReached({ window, shelf }, records, bytes) {
      const ownBytes = window.memoryBytes + records * RECORD_BYTES
      // Equal shares: a partition that is ahead of the others must not leave them without room.
      if (ownBytes > pendingBytesMax / lanes.size) return 'pendingBytesMax'
      const room = space.room()
      return ownBytes + shelf.bytes + bytes > room.bytes / lanes.size ? room.bound : undefined
    },
    relieve: () => space.relieve(),
    get memoryBytes() {
      return space.memoryBytes + otherBytes
    },
    get diskBytes() {
      return space.diskBytes
    },
  }
}

interface JoinOptions {
  partition: number
  config: TrainerConfig
  rules: ReturnType<typeof createLabelRules>
  shelf: PredictionShelf
}

function createJoin(
  runtime: Runtime,
  { partition, config, rules, shelf }: JoinOptions,
): Pick<Lane, 'window' | 'times'> {
  const { graceMinutes, streamJumpMinutesMax, streamJumpRecordsMin: jumpRecordsMin } = config.limits
  const graceMs = graceMinutes * MINUTE_MS
  return {
    window: createJoinWindow({
      ...config.limits,
      rules,
      sources: SOURCES,
      shownWithinMs: config.shownWithinMinutes * MINUTE_MS,
      graceMs,
      release: (kept) => shelf.release(kept),
    }),
    times: createSourceTimes({
      sources: SOURCES,
      checkEveryMs: graceMs / 4,
      jump: { jumpMsMax: streamJumpMinutesMax * MINUTE_MS, jumpRecordsMin },
      offsets: (source) => runtime.offsets(source as JoinerSource, partition),
    }),
  }
}
