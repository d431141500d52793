import { createDraws } from '../../learners/gbdt/seeded-draws.ts'
import type { PackedRows } from './packed-rows.ts'
import type { Scratch } from './scratch.ts'
import { createSegment, type Segment } from './segment.ts'

export interface SegmentBounds {
  examplesMax: number
  bytesMax: number
  memoryBytesMax: number
  /** Beyond a bound negatives are thinned; otherwise the oldest leave. */
  keepsPositives: boolean
  scratch: Scratch
  /** Told once, when the folder takes nothing more. */
  scratchFailed(error: unknown): void
}

/** Segments within their bounds. */
export interface KeptSegments {
  /** In the order in which they came. */
  all(): readonly Segment[]
  examples(): number
  bytes(of: { stored: boolean }): number
  add(rows: PackedRows): void
  /** What is older than this event time leaves. */
  forgetBefore(fromMs: number): void
  /** No file goes until `release`: somebody reads them. */
  hold(): void
  release(): void
  close(): void
}

export function createKeptSegments(bounds: SegmentBounds): KeptSegments {
  const { examplesMax, bytesMax, memoryBytesMax, keepsPositives, scratch } = bounds
  const draws = createDraws(1)
  const files = createDisposal()
  let segments: Segment[] = []
  let takesScratch = true

  const examples = () => segments.reduce((sum, { count }) => sum + count, 0)
  const bytes = ({ stored }: { stored: boolean }) =>
    segments.reduce((sum, segment) => sum + (segment.isStored === stored ? segment.bytes : 0), 0)

  function drop(segment: Segment): void {
    segments = segments.filter((other) => other !== segment)
    files.dispose(segment)
  }

  /** Makes the window smaller by a part of one of these. */
  function shrink(among: readonly Segment[]): void {
    if (keepsPositives) {
      // The least thinned first, the oldest of them: in the long run all are thinned alike.
      const inTurn = [...among].sort((left, right) => left.thinned - right.thinned || left.toMs - right.toMs)
      for (const segment of inTurn) {
        const thinned = segment.thinner(draws)
        if (thinned === undefined) continue
        segments = segments.map((other) => (other === segment ? thinned : other))
        return files.dispose(segment)
      }
    }
    drop(among.reduce((oldest, segment) => (segment.toMs < oldest.toMs ? segment : oldest)))
  }

  function store(): boolean {
    const segment = segments.find(({ isStored }) => !isStored)
    if (segment === undefined || !takesScratch) return false
    try {
      segment.store()
      return true
    } catch (error) {
      takesScratch = false
      bounds.scratchFailed(error)
      return false
    }
  }

  function keepBounds(): void {
    if (keepsPositives) while (segments.length > 0 && examples() > examplesMax) shrink(segments)
    // To the row: what is too much of the oldest segment is left out when rows are gathered.
    else while (segments.length > 0 && examples() - segments[0]!.count >= examplesMax) drop(segments[0]!)
    while (segments.length > 0 && bytes({ stored: false }) + bytes({ stored: true }) > bytesMax)
      shrink(segments)
    while (bytes({ stored: false }) > memoryBytesMax)
      if (!store()) shrink(segments.filter(({ isStored }) => !isStored))
  }

  return {
    all: () => segments,
    examples,
    bytes,
    add(rows) {
      segments.push(createSegment(rows, { scratch, thinned: 0 }))
      keepBounds()
    },
    forgetBefore(fromMs) {
      for (const segment of segments) if (segment.toMs < fromMs) drop(segment)
    },
    hold: files.hold,
    release: files.release,
    close() {
      for (const segment of segments) files.dispose(segment)
      segments = []
    },
  }
}

/** Files that are being read go afterwards. */
function createDisposal() {
  let holds = 0
  let unwanted: Segment[] = []
  return {
    dispose(segment: Segment): void {
      if (holds > 0) unwanted.push(segment)
      else segment.dispose()
    },
    hold(): void {
      holds += 1
    },
    release(): void {
      holds -= 1
      if (holds > 0) return
      for (const segment of unwanted) segment.dispose()
      unwanted = []
    },
  }
}
