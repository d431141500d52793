import type { LabelRules } from '../label-rules.ts'
import { createNumberTable } from './number-table.ts'

/** When outcomes of a type were first told by a topic. */
export interface FirstTime {
  source: string
  type: string
  /** Event time. */
  atMs: number
}

/** First times of many items, in rows: an item holds the first row of its chain; 0: nothing was told yet. */
export interface FirstTimes {
  /** @returns the chain's first row */
  note(chain: number, time: FirstTime): number
  /** Of the outcomes that say that an item was seen; Infinity: none does. */
  shownAtMs(chain: number): number
  read(chain: number): FirstTime[]
  free(chain: number): void
  readonly bytes: number
}

/** @param sources topics that tell of outcomes */
export function createFirstTimes(rules: LabelRules, sources: readonly string[]): FirstTimes {
  const table = createNumberTable({ atMs: 'f64', kind: 'u16' })
  const kinds = createKinds(rules, sources)
  const { at } = table

  return {
    note(chain, time) {
      const kind = kinds.of(time)
      let row = chain
      while (row !== 0 && at.kind[row] !== kind) row = at.next[row]!
      if (row !== 0) {
        at.atMs[row] = Math.min(at.atMs[row]!, time.atMs)
        return chain
      }
      const added = table.add()
      at.kind[added] = kind
      at.atMs[added] = time.atMs
      at.next[added] = chain
      return added
    },
    shownAtMs(chain) {
      let firstMs = Infinity
      for (let row = chain; row !== 0; row = at.next[row]!)
        if (kinds.isShown(at.kind[row]!)) firstMs = Math.min(firstMs, at.atMs[row]!)
      return firstMs
    },
    read(chain) {
      const times: FirstTime[] = []
      for (let row = chain; row !== 0; row = at.next[row]!)
        times.push({ ...kinds.named(at.kind[row]!), atMs: at.atMs[row]! })
      return times
    },
    free(chain) {
      for (let row = chain; row !== 0;) {
        const next = at.next[row]!
        table.free(row)
        row = next
      }
    },
    get bytes() {
      return table.count * table.rowBytes
    },
  }
}

/** Type and topic of an outcome as one number. */
function createKinds(rules: LabelRules, sources: readonly string[]) {
  const known: { source: string; type: string }[] = []
  const shown: boolean[] = []
  const numbers = new Map(sources.map((source) => [source, new Map<string, number>()]))
  return {
    of({ source, type }: { source: string; type: string }): number {
      const ofSource = numbers.get(source)
      if (ofSource === undefined) throw new RangeError(`${source} is no source of this join`)
      const number = ofSource.get(type)
      if (number !== undefined) return number
      ofSource.set(type, known.length)
      shown.push(rules.isShown(type))
      return known.push({ source, type }) - 1
    },
    isShown: (kind: number) => shown[kind]!,
    named: (kind: number) => known[kind]!,
  }
}
