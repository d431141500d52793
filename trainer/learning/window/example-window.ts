import type { TrainingRows } from '../../learners/learner.ts'
import type { TrainingExample } from '../training-example.ts'
import { gatherRows } from './gather-rows.ts'
import { createKeptSegments, type SegmentBounds } from './kept-segments.ts'
import { createRowPacker, packedRowBytes } from './packed-rows.ts'
import { createSegment } from './segment.ts'
import { spanOf, type WindowShape } from './window-span.ts'

export interface WindowOptions extends SegmentBounds {
  width: number
  shape: WindowShape
}

/** Which examples a retrain is made of: packed, in memory up to a bound and in a folder beyond it. */
export interface ExampleWindow {
  add(example: TrainingExample): void
  /** Examples that are kept, and the bytes of them in memory and in the folder. */
  size(): { examples: number; memoryBytes: number; folderBytes: number }
  /** Whole stretches of a tumbling window so far: a retrain on the same one again tells nothing new. Others count none. */
  readonly stretches: number
  /** A copy of what a retrain takes now. Without a folder it is there at once. */
  rows(halfLifeMinutes?: number): TrainingRows | Promise<TrainingRows>
  /** Its files go. */
  close(): void
}

/** Rows per segment: about this much, so that a segment is written and read in a millisecond or two. */
const SEGMENT_BYTES = 2 ** 20
const SEGMENT_ROWS_MIN = 64
const SEGMENT_ROWS_MAX = 4_096
/** A window has at least so many: what leaves, leaves by the segment. */
const SEGMENTS_MIN = 8

export function createExampleWindow(options: WindowOptions): ExampleWindow {
  const { width, shape, examplesMax, keepsPositives, scratch } = options
  const memoryBytesMax = Math.min(options.memoryBytesMax, options.bytesMax)
  const rowsPerSegment = segmentRows({ width, examplesMax, memoryBytesMax })
  const segments = createKeptSegments({ ...options, memoryBytesMax })
  const open = createRowPacker(width, rowsPerSegment)
  let [newestMs, oldestMs] = [-Infinity, Infinity]

  return {
    add(example) {
      open.add(example)
      newestMs = Math.max(newestMs, example.occurredAtMs)
      oldestMs = Math.min(oldestMs, example.occurredAtMs)
      if (open.count < rowsPerSegment) return
      segments.forgetBefore(spanOf(shape, { newestMs, oldestMs }).fromMs)
      segments.add(open.take())
    },
    size: () => ({
      examples: segments.examples() + open.count,
      memoryBytes: segments.bytes({ stored: false }) + open.bytes,
      folderBytes: segments.bytes({ stored: true }),
    }),
    get stretches() {
      return spanOf(shape, { newestMs, oldestMs }).stretches
    },
    rows(halfLifeMinutes) {
      const { fromMs, toMs } = spanOf(shape, { newestMs, oldestMs })
      const youngest = createSegment(open.look(), { scratch, thinned: 0 })
      segments.hold()
      const gathered = gatherRows([...segments.all(), youngest], {
        ...{ width, fromMs, toMs, halfLifeMinutes },
        examplesMax: keepsPositives ? Infinity : examplesMax,
      })
      if (gathered instanceof Promise) return gathered.finally(() => segments.release())
      segments.release()
      return gathered
    },
    close: () => segments.close(),
  }
}

function segmentRows({
  width,
  examplesMax,
  memoryBytesMax,
}: Pick<WindowOptions, 'width' | 'examplesMax' | 'memoryBytesMax'>): number {
  const bytes = Math.min(SEGMENT_BYTES, memoryBytesMax / SEGMENTS_MIN)
  const bySize = Math.floor(bytes / packedRowBytes(width))
  const byCount = Math.min(SEGMENT_ROWS_MAX, Math.floor(examplesMax / SEGMENTS_MIN))
  return Math.max(SEGMENT_ROWS_MIN, Math.min(bySize, byCount))
}
