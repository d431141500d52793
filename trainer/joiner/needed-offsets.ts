/** Where a record stands, so that it can be read again. */
export interface SourceOffset {
  source: string
  offset: number
}

/** Something that is held, and the smallest offset per source of the records it was made of. */
export interface Held {
  offsets: Map<string, number>
}

export function noteOffset({ offsets }: Held, { source, offset }: SourceOffset): void {
  offsets.set(source, Math.min(offset, offsets.get(source) ?? Infinity))
}

/** Smallest offset of this source that something held still needs; undefined: none. */
export function neededOffset(source: string, ...groups: readonly Iterable<Held>[]): number | undefined {
  let needed: number | undefined
  for (const group of groups) {
    for (const { offsets } of group) {
      const offset = offsets.get(source)
      if (offset !== undefined && (needed === undefined || offset < needed)) needed = offset
    }
  }
  return needed
}
