/** What the name of an archive file says: `feed.users.v1/date=2026-11-29/p3-000000000120-000000000180.parquet`. */
export interface ArchiveFile {
  name: string
  topicName: string
  /** UTC, of the newest record before its end: `2026-11-29`. */
  day: string
  partition: number
  firstOffset: number
  /** First offset behind it; offsets between that have no record (compaction, ends of transactions) are in it. */
  nextOffset: number
  bytes: number
}

const DIGITS = 12
const NAME = /^(.+)\/date=(\d{4}-\d\d-\d\d)\/p(\d+)-(\d+)-(\d+)\.parquet$/

export function archiveFileName(file: Omit<ArchiveFile, 'name' | 'bytes'>): string {
  const { topicName, day, partition, firstOffset, nextOffset } = file
  const [from, to] = [firstOffset, nextOffset].map((offset) => String(offset).padStart(DIGITS, '0'))
  return `${topicName}/date=${day}/p${String(partition)}-${from!}-${to!}.parquet`
}

/** null: it is no file of an archive. */
export function parseArchiveName(name: string, bytes: number): ArchiveFile | null {
  const [, topicName, day, ...numbers] = NAME.exec(name) ?? []
  if (topicName === undefined || day === undefined) return null
  const [partition, firstOffset, nextOffset] = numbers.map(Number) as [number, number, number]
  return firstOffset < nextOffset ? { name, topicName, day, partition, firstOffset, nextOffset, bytes } : null
}

/** Beside the files of a topic: which topic of that name they are of. */
export const identityName = (topicName: string): string => `${topicName}/topic.json`

export const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** Of one partition, by offset; what another file has wholly is left out. */
export function inOrder(files: readonly ArchiveFile[], partition: number): ArchiveFile[] {
  const own = files
    .filter((file) => file.partition === partition)
    .sort((a, b) => a.firstOffset - b.firstOffset || b.nextOffset - a.nextOffset)
  const kept: ArchiveFile[] = []
  for (const file of own) if (file.nextOffset > (kept.at(-1)?.nextOffset ?? 0)) kept.push(file)
  return kept
}
