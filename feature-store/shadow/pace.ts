/** Holds a replay back: to a rate, while it is paused, while others go first, or for good. */
export interface Pace {
  /** Waits until so many interactions may be folded. Resolves at once when the pace is closed. */
  take(count: number): Promise<void>
  /** null: as fast as it goes. */
  setRate(perSecond: number | null): void
  pause(): void
  resume(): void
  /** Stands still beside a pause, as long as others go first. */
  hold(isHeld: boolean): void
  /** Lets everybody go who waits: the replay stops. */
  close(): void
}

export interface PaceParts {
  ratePerSecond: number | null
  nowMs(): number
  sleep(ms: number): Promise<unknown>
}

/** So that a pause, another rate or a stop is noticed soon. */
const WAIT_MS_MAX = 100

/**
 * What is taken is paid for afterwards: a batch larger than a second's worth passes, and the next one waits for it. Time in
 * which nothing was asked is not saved up.
 */
export function createPace({ ratePerSecond, nowMs, sleep }: PaceParts): Pace {
  let rate = ratePerSecond
  let isPaused = false
  let isHeld = false
  let isClosed = false
  let paidUntilMs = nowMs()

  return {
    async take(count) {
      while (!isClosed) {
        const waitMs = isPaused || isHeld ? WAIT_MS_MAX : rate === null ? 0 : paidUntilMs - nowMs()
        if (waitMs <= 0) break
        await sleep(Math.min(waitMs, WAIT_MS_MAX))
      }
      if (rate === null) paidUntilMs = nowMs()
      else paidUntilMs = Math.max(paidUntilMs, nowMs()) + (count * 1_000) / rate
    },
    setRate(perSecond) {
      if (perSecond === rate) return
      rate = perSecond
      paidUntilMs = nowMs()
    },
    pause: () => void (isPaused = true),
    resume: () => void (isPaused = false),
    hold: (held) => void (isHeld = held),
    close: () => void (isClosed = true),
  }
}

/** Of several that are held back together, each with the whole rate. */
export interface Paces<K> extends Omit<Pace, 'take'> {
  of(side: K): Pick<Pace, 'take'>
}

export function createPaces<K>(sides: readonly K[], parts: PaceParts): Paces<K> {
  const paces = new Map(sides.map((side) => [side, createPace(parts)]))
  const each = (act: (pace: Pace) => void) => {
    for (const pace of paces.values()) act(pace)
  }
  return {
    of: (side) => paces.get(side)!,
    setRate: (perSecond) => each((pace) => pace.setRate(perSecond)),
    pause: () => each((pace) => pace.pause()),
    resume: () => each((pace) => pace.resume()),
    hold: (isHeld) => each((pace) => pace.hold(isHeld)),
    close: () => each((pace) => pace.close()),
  }
}
