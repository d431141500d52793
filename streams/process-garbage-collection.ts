import { setFlagsFromString } from 'node:v8'

/**
 * How large the young generation may be, in MiB for each of its two halves; V8's own choice is 16. What lives when it is
 * collected is what is in flight, however large it is: four times the room is a quarter of the collections. V8 hears it
 * on Node's command line only, so the first line of setup/feedloop.mjs says it, too.
 */
export const YOUNG_GENERATION_FLAG = '--max-semi-space-size=64'

/**
 * How far the old generation may grow, in % of what lived at the last full collection. V8 chooses by itself between
 * 10 and 300; for a stream it chose about 60.
 */
const OLD_GENERATION_GROWS_PERCENT = 300

/**
 * Makes full collections rare: each one slows everything down for about a tenth of a second, and records of a stream live
 * for milliseconds.
 *
 * - V8 guesses which objects will live long (allocation-site pretenuring). Once a few batches have survived a collection or
 *   two, it makes the arrays of later batches in the old generation. Each keeps its records alive until the next full
 *   collection, which then comes every three seconds. So V8 is told not to guess.
 * - What is in flight when young objects are collected still becomes old, some megabytes a second. The old generation may
 *   grow to four times what is alive before it is collected: more memory, fewer pauses.
 *
 * Call it once per process, before the work begins.
 */
export function collectRarely(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString(`--heap-growing-percent=${String(OLD_GENERATION_GROWS_PERCENT)}`)
}
