/** Rows that are there more than once, and those that say otherwise than the one before. */
export interface LabelAudit {
  /** The same user, item and request (or time) again, with the same label: counted once. */
  doubled: { rows: number; first: readonly string[] }
  /** The same with another label: the first one counts. */
  contradictory: { rows: number; first: readonly string[] }
}

/** So many are listed; all are counted. */
const LISTED_MAX = 20

export function createLabelAudit() {
  const labels = new Map<string, string>()
  const found = { doubled: noted(), contradictory: noted() }
  return {
    /**
     * @param key of who, what and when
     * @param where for people
     * @returns whether it is the first of its key: the others teach nothing
     */
    see(key: string, label: string, where: () => string): boolean {
      const before = labels.get(key)
      if (before === undefined) {
        labels.set(key, label)
        return true
      }
      const kind = before === label ? found.doubled : found.contradictory
      kind.rows += 1
      if (kind.first.length < LISTED_MAX) kind.first.push(where())
      return false
    },
    audit: (): LabelAudit => found,
  }
}

const noted = () => ({ rows: 0, first: [] as string[] })
