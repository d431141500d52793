import { wallStopwatch } from '../demo/process-stopwatch.ts'
import type { Side } from './side-by-side.ts'

const BROKER_GONE_MS = 500

/** The features processes of both sides die with their broker, as on one host; their supervisor starts them again. */
export async function killFeatures(sides: readonly Side[]): Promise<void> {
  await wallStopwatch.rest(BROKER_GONE_MS, new AbortController().signal)
  await Promise.all(sides.map(({ features }) => features.current().kill()))
}
