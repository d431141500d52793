import { type ArchiveFile, dayOf } from './archive-names.ts'

const DAY_MS = 86_400_000

/** The oldest files, which go: of days before the last `keepDays`, and more while all together are above `bytesMax`. */
export function filesToRetire(
  files: readonly ArchiveFile[],
  { keepDays, bytesMax, atMs }: { keepDays: number | null; bytesMax: number | null; atMs: number },
): ArchiveFile[] {
  const oldest = [...files].sort(
    (a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0) || a.firstOffset - b.firstOffset,
  )
  const firstDay = keepDays === null ? '' : dayOf(atMs - (keepDays - 1) * DAY_MS)
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const gone: ArchiveFile[] = []
  for (const file of oldest) {
    if (file.day >= firstDay && (bytesMax === null || bytes <= bytesMax)) break
    gone.push(file)
    bytes -= file.bytes
  }
  return gone
}
