import type { TopicKey } from '#schemas'
import type { CrashWatch, Slice } from '../../crash-watch.ts'
import { createPartitionLanes } from '../../partition-lanes.ts'
import type { RawBatch } from '../../raw-record.ts'
import type { RunOutcome } from '../../stage-runner.ts'

/** What one fetch of one partition may ask of the group member that made it. */
export interface FetchedParts<K extends TopicKey> {
  watch: CrashWatch<K>
  run(batch: RawBatch<K>): Promise<RunOutcome>
  /** The partition is still ours to work on. */
  isOurs(): boolean
  /** The next piece may follow: nobody is stopping. */
  mayGoOn(): boolean
  /** The offset goes with the next commit. */
  note(offset: number): void
  /** Commits what is noted with this marker, now; whether it was taken. */
  commitNow(marker: string | null): Promise<boolean>
  abandoned(): void
  /** Acts on the outcome; whether the next piece may follow. */
  act(outcome: RunOutcome): boolean
  /** Begin there again, a little later. */
  tryAgain(offset: number): void
}

/**
 * Of all partitions and stages of this process: an innocent record must not be at hand alone each time another one
 * kills, or it would be given up in its place.
 */
const aloneInThisProcess = createPartitionLanes()

/** Works through a fetch piece by piece: marker first where there is one, then the stage, then offsets. */
export async function workThrough<K extends TopicKey>(
  fetched: RawBatch<K>,
  parts: FetchedParts<K>,
): Promise<'done' | 'left'> {
  let rest: RawBatch<K> | null = fetched
  while (rest !== null) {
    if (!parts.isOurs() || !parts.mayGoOn()) return 'left'
    const slice: Slice<K> = parts.watch.cut(rest)
    const goesOn = slice.alone
      ? await aloneInThisProcess.run(0, () => workOn(slice, parts))
      : await workOn(slice, parts)
    if (!goesOn) return 'left'
    rest = slice.rest
  }
  return 'done'
}

async function workOn<K extends TopicKey>(slice: Slice<K>, parts: FetchedParts<K>): Promise<boolean> {
  const { watch } = parts
  if (slice.mark !== null && !(await parts.commitNow(slice.mark))) {
    watch.refused()
    if (parts.isOurs()) parts.tryAgain(slice.batch.records[0]!.offset)
    return false
  }
  if (!parts.isOurs()) {
    watch.putBack()
    return false
  }
  const outcome = await parts.run(slice.batch)
  if (!parts.isOurs()) {
    watch.putBack()
    parts.abandoned()
    return false
  }
  if (outcome.kind === 'done') watch.passed(outcome.nextOffset, outcome.commit)
  else if (outcome.kind === 'retry') watch.passed(outcome.offset, outcome.commit)
  else watch.putBack()
  const goesOn = parts.act(outcome)
  // Whoever comes next must not find the record at hand any more.
  if (slice.alone) await parts.commitNow(watch.marker())
  else if (slice.mark !== null && outcome.kind !== 'done') parts.note(watch.commitOffset())
  return goesOn
}
