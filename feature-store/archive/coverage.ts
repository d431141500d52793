import { OperatorError } from '#streams'
import type { ArchiveFile } from './archive-names.ts'

/**
 * Up to which offset a partition is read from the archive; from there on it is read from Kafka. Everything that the archive has
 * from `from` on without a gap is read there: a compacted topic has lost records that the archive still has.
 *
 * @param files of one partition, in order
 * @param low first offset that Kafka has
 * @param from where the reading begins; what neither has before it does not matter
 * @returns 0: all is read from Kafka
 * @throws OperatorError `archive_gap` naming what is in neither
 */
export function archivedUntil(
  files: readonly ArchiveFile[],
  { low, from, what, where }: { low: number; from: number; what: string; where: string },
): number {
  let until = Math.max(from, Math.min(low, files[0]?.firstOffset ?? low))
  let last: ArchiveFile | undefined
  for (const file of files) {
    if (file.firstOffset > until) break
    if (file.nextOffset > until) [until, last] = [file.nextOffset, file]
  }
  if (until >= low) return last === undefined ? 0 : until
  const behind = files.find((file) => file.firstOffset > until)
  const end = Math.min(low, behind?.firstOffset ?? low)
  const days = [last?.day, behind?.day].filter((day) => day !== undefined).join(' and ')
  throw new OperatorError(
    'archive_gap',
    `${what}: the offsets ${String(until)} to ${String(end - 1)} are neither in the archive ${where} nor in Kafka, which begins at ${String(low)}${days === '' ? '' : ` (they belong beside files of ${days})`}. Put the missing files back, or begin behind them with --from ${String(end)}.`,
  )
}
