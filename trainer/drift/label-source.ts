import type { ToldPositive } from '#schemas'
import { createFadingMean } from './fading-mean.ts'

export interface ArrivalChange extends ToldPositive {
  kind:
    /** Far fewer positives than usual, given what was shown. */
    | 'silent'
    /** They come as before. */
    | 'back'
    /** They come by other sources now. */
    | 'replaced'
    /** So few have come for so long that it is taken for usual. */
    | 'accepted'
  /** Event time from which on it was silent. */
  sinceMs: number
  /** Positives per example: before, and while it was silent. */
  usualRate: number
  silentRate: number
}

/** Share of its positives that a broken source still tells. A source is compared with that. */
const BROKEN_SHARE = 0.0001
/** What a positive says against silence, nats. What a missing one says for it is 1 - BROKEN_SHARE. */
const POSITIVE_NATS = Math.log(1 / BROKEN_SHARE)
/**
 * Evidence for silence from which it is told, nats: about as many positives are missing. When people turn away from what
 * a model shows them, an eighth to a fifth of the usual number is left for a while, with gaps of thirty in it.
 */
const SILENT_NATS = 50
/** And from which examples are held back. */
const DOUBTFUL_NATS = 6
/** Evidence for its end: five positives in a usual distance. */
const BACK_NATS = 41
/** Positives that make a usual rate. */
const USUAL_POSITIVES_MIN = 30
/** Examples over which it is averaged. */
const MEMORY_EXAMPLES = 20_000
/** Event time after which few positives are taken for usual. */
const ACCEPT_MS = 24 * 3_600_000

/** Positives per example of a label, whoever told them: as usual, and lately. */
export interface WholeRate {
  usual: number
  lately: number
}

/** One source of one label: whether it is silent. */
export interface LabelSource extends ToldPositive {
  observe(came: boolean, atMs: number, whole: WholeRate | undefined): ArrivalChange['kind'] | undefined
  rateNow(): WholeRate
  readonly isOut: boolean
  readonly isDoubtful: boolean
  readonly sinceMs: number
  readonly usualRate: number
  readonly silentRate: number
}

/** Examples over which a rate of the moment is taken. */
const LATELY_EXAMPLES = 500

export function createLabelSource(label: string, source: string): LabelSource {
  let usual = createFadingMean(MEMORY_EXAMPLES)
  const lately = createFadingMean(LATELY_EXAMPLES)
  let usualPositives = 0
  let silence = 0
  let recovery = 0
  let sinceMs = -Infinity
  let isOut = false
  /** While it is out. */
  let outExamples = 0
  let outPositives = 0

  function learn(came: boolean): void {
    usual.add(came ? 1 : 0)
    if (came) usualPositives += 1
  }

  function watch(came: boolean, atMs: number): ArrivalChange['kind'] | undefined {
    if (silence < DOUBTFUL_NATS) learn(came)
    if (usualPositives < USUAL_POSITIVES_MIN) return undefined
    if (silence === 0) sinceMs = atMs
    silence = Math.max(0, silence + usual.mean * (1 - BROKEN_SHARE) - (came ? POSITIVE_NATS : 0))
    if (silence < SILENT_NATS) return undefined
    isOut = true
    recovery = 0
    outExamples = 0
    outPositives = 0
    return 'silent'
  }

  function over(kind: ArrivalChange['kind']): ArrivalChange['kind'] {
    isOut = false
    silence = 0
    return kind
  }

  function awaitReturn(
    came: boolean,
    atMs: number,
    whole: WholeRate | undefined,
  ): ArrivalChange['kind'] | undefined {
    outExamples += 1
    if (came) outPositives += 1
    recovery = Math.max(0, recovery + (came ? POSITIVE_NATS : 0) - usual.mean * (1 - BROKEN_SHARE))
    if (recovery >= BACK_NATS) return over('back')
    if (outExamples >= 4 * LATELY_EXAMPLES && whole !== undefined && isReplaced(usual.mean, whole))
      return over('replaced')
    if (atMs - sinceMs < ACCEPT_MS || outPositives < USUAL_POSITIVES_MIN) return undefined
    usual = createFadingMean(MEMORY_EXAMPLES)
    usualPositives = 0
    return over('accepted')
  }

  return {
    label,
    source,
    observe(came, atMs, whole) {
      lately.add(came ? 1 : 0)
      return isOut ? awaitReturn(came, atMs, whole) : watch(came, atMs)
    },
    rateNow: () => ({ usual: usual.mean, lately: lately.mean }),
    get isOut() {
      return isOut
    },
    get isDoubtful() {
      return isOut || silence >= DOUBTFUL_NATS
    },
    get sinceMs() {
      return sinceMs
    },
    get usualRate() {
      return usual.mean
    },
    get silentRate() {
      return outExamples === 0 ? 0 : outPositives / outExamples
    },
  }
}

/** All sources together tell what they used to, but for less than half of what this one told. */
function isReplaced(ownRate: number, whole: WholeRate): boolean {
  const missing = ownRate / 2
  const chance = 3 * Math.sqrt(whole.usual / LATELY_EXAMPLES)
  // What is usual for all of them includes this one, unless that has just been taken anew.
  return whole.usual >= 0.9 * ownRate && missing > chance && whole.lately >= whole.usual - missing
}
