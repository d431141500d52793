export interface StreamTimeOptions {
  /** A record farther ahead than this moves time only when others follow. */
  jumpMsMax: number
  /** So many in a row. */
  jumpRecordsMin: number
}

/** Event time of one topic partition: the largest seen, which never goes back. */
export interface StreamTime {
  saw(occurredAtMs: number): void
  /** -Infinity before the first record. */
  readonly nowMs: number
}

/**
 * One record with a wrong clock must not push time forward for everyone: a jump is believed when the records after
 * it are ahead as well (a log with a gap), and forgotten when the next is not.
 *
 * @example
 * const time = createStreamTime({ jumpMsMax: 1000, jumpRecordsMin: 2 })
 * time.saw(10); time.saw(99_999); time.saw(11) // nowMs is 11
 */
export function createStreamTime({ jumpMsMax, jumpRecordsMin }: StreamTimeOptions): StreamTime {
  let nowMs = -Infinity
  let aheadCount = 0
  let leastAheadMs = Infinity

  return {
    saw(occurredAtMs) {
      const isJump = nowMs !== -Infinity && occurredAtMs > nowMs + jumpMsMax
      if (!isJump) {
        nowMs = Math.max(nowMs, occurredAtMs)
        aheadCount = 0
        leastAheadMs = Infinity
        return
      }
      aheadCount += 1
      leastAheadMs = Math.min(leastAheadMs, occurredAtMs)
      if (aheadCount < jumpRecordsMin) return
      // The least of them: a wrong clock among them is still not believed.
      nowMs = leastAheadMs
      aheadCount = 0
      leastAheadMs = Infinity
    },
    get nowMs() {
      return nowMs
    },
  }
}
