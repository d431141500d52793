/** A column's name as an attribute's: letters, digits, _ . - and a letter first; each once. */
export function attributeNames(columns: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const column of columns) {
    const plain = column.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 50)
    const begun = /^[A-Za-z]/.test(plain) ? plain : `c_${plain}`
    let name = begun
    for (let n = 2; taken.has(name); n++) name = `${begun}_${String(n)}`
    taken.add(name)
    names.set(column, name)
  }
  return names
}

/** Behind the name of a number of a table: how much it has changed since the row before. */
export const CHANGE_SUFFIX = '_change'

/** Rows over which a number of a stream is averaged, for what is usual of late. */
export const MEAN_ROWS = [8, 48] as const

/** Behind the name of a number of a table: how far it is above its mean of about so many rows. */
export const aboveSuffix = (rows: number) => `_above_${String(rows)}`

/** All that is told of a number of a stream beside itself. */
export const COURSE_SUFFIXES = [CHANGE_SUFFIX, ...MEAN_ROWS.map(aboveSuffix)]
