import { createStreamTime, type StreamTime, type StreamTimeOptions } from './stream-time.ts'

export interface SourceTimesOptions {
  sources: readonly string[]
  /** Event time that must pass before sources are asked for their ends again. */
  checkEveryMs: number
  jump: StreamTimeOptions
  /** Retained range of a source now. */
  offsets(source: string): Promise<{ startOffset: number; endOffset: number }>
}

/** Event time of one partition of several topics that are read at their own pace. */
export interface SourceTimes {
  saw(source: string, occurredAtMs: number): void
  /** Next offset to be read. */
  readTo(source: string, nextOffset: number): void
  /**
   * Event time up to which every source has been read. A source that has been read to its end (asked after the
   * records at hand were fetched) holds nobody back, however old its last record is.
   *
   * @param neededMs lowest time that would be of use; below it no source is asked
   */
  streamTimeMs(neededMs: number): Promise<number>
  /** Whether another source is behind this one and has more to read. */
  isAheadOfOthers(source: string): Promise<boolean>
}

interface Source {
  name: string
  time: StreamTime
  /** undefined: nothing was read yet. */
  nextOffset: number | undefined
  /** Everything up to this event time has been read: its own time, or everybody's when it was found at its end. */
  clearedMs: number
  /** It is asked again when the latest source reaches this. */
  askAgainMs: number
  foundBehind: boolean
}

/** `checkEveryMs` bounds how often the broker is asked: a few times per grace. */
export function createSourceTimes({ sources, checkEveryMs, jump, offsets }: SourceTimesOptions): SourceTimes {
  const all = sources.map((name): Source => ({
    name,
    time: createStreamTime(jump),
    nextOffset: undefined,
    clearedMs: -Infinity,
    askAgainMs: -Infinity,
    foundBehind: false,
  }))

  function named(name: string): Source {
    const source = all.find((one) => one.name === name)
    if (source === undefined) throw new RangeError(`${name} is no source of this join`)
    return source
  }

  async function isAtEnd({ name, nextOffset }: Source): Promise<boolean> {
    const { startOffset, endOffset } = await offsets(name)
    return nextOffset === undefined ? startOffset === endOffset : nextOffset >= endOffset
  }

  /** What a source had when it was asked, and everybody had fetched by then, is read when it is at its end. */
  async function ask(source: Source, latestMs: number): Promise<void> {
    source.askAgainMs = latestMs + checkEveryMs
    source.foundBehind = !(await isAtEnd(source))
    if (!source.foundBehind) source.clearedMs = Math.max(source.clearedMs, latestMs)
  }

  return {
    saw(name, occurredAtMs) {
      const source = named(name)
      source.time.saw(occurredAtMs)
      source.clearedMs = Math.max(source.clearedMs, source.time.nowMs)
    },
    readTo(name, nextOffset) {
      const source = named(name)
      source.nextOffset = nextOffset
      if (source.foundBehind) source.askAgainMs = -Infinity
    },
    async streamTimeMs(neededMs) {
      const latestMs = Math.max(...all.map(({ time }) => time.nowMs))
      if (latestMs >= neededMs) {
        for (const source of all) {
          if (source.clearedMs < neededMs && latestMs >= source.askAgainMs) await ask(source, latestMs)
          if (source.clearedMs < neededMs) break
        }
      }
      return Math.min(...all.map(({ clearedMs }) => clearedMs))
    },
    async isAheadOfOthers(name) {
      const { nowMs } = named(name).time
      for (const other of all) {
        if (other.name !== name && other.time.nowMs < nowMs && !(await isAtEnd(other))) return true
      }
      return false
    },
  }
}
