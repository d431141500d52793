export interface Range {
  position: number
  bytes: number
}

/** What lies between two ranges is read with them up to here: cheaper than another read. */
const GAP_BYTES_MAX = 16 * 1_024
const READ_BYTES_MAX = 1_024 * 1_024

/** Reads many ranges of a file, neighbours in one go. Answers them in the order in which they were asked for. */
export async function readRanges(
  ranges: readonly Range[],
  read: (position: number, length: number) => Promise<Buffer>,
): Promise<Buffer[]> {
  const found: Buffer[] = []
  const reads = joined(ranges).map(async ({ position, end, members }) => {
    const bytes = await read(position, end - position)
    for (const at of members) {
      const from = ranges[at]!.position - position
      found[at] = bytes.subarray(from, from + ranges[at]!.bytes)
    }
  })
  await Promise.all(reads)
  return found
}

function joined(ranges: readonly Range[]): { position: number; end: number; members: number[] }[] {
  const order = ranges
    .map((_, at) => at)
    .sort((left, right) => ranges[left]!.position - ranges[right]!.position)
  const reads: { position: number; end: number; members: number[] }[] = []
  for (const at of order) {
    const { position, bytes } = ranges[at]!
    const last = reads.at(-1)
    const end = Math.max(position + bytes, last?.end ?? 0)
    if (last === undefined || position - last.end > GAP_BYTES_MAX || end - last.position > READ_BYTES_MAX)
      reads.push({ position, end: position + bytes, members: [at] })
    else {
      last.end = end
      last.members.push(at)
    }
  }
  return reads
}
