import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '#streams'

export interface SmallFolderOptions {
  users?: number
  items?: number
  requests?: number
  days?: number
  seed?: string
  /** What becomes of a row; undefined: it is left out. */
  row?(row: ShownRow, n: number): ShownRow | undefined
}

export interface ShownRow {
  request_id: string
  user_id: string
  item_id: string
  position: number
  shown_at: string
  click: number
  like: number
  dwell_seconds: number
  device: string
}

const CATEGORIES = ['sport', 'news', 'music', 'food', 'travel']
/** 1 January 2026, midnight UTC. */
const START_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
const SHOWN = 5

/**
 * A folder as `feedloop dataset synthesize` writes it, as CSV: users like one category each, phones click less, and the first
 * place is clicked more. The same seed gives the same files.
 */
export function writeSmallFolder(folder: string, options: SmallFolderOptions = {}): void {
  const { users = 120, items = 60, requests = 1_200, days = 6, seed = '1', row = (of) => of } = options
  mkdirSync(folder, { recursive: true })
  const random = createRandom(`${seed}/small-folder`)
  const at = (ms: number) => new Date(START_MS + ms).toISOString()
  const contents = Array.from({ length: items }, (_, n) => ({
    item_id: `i${String(n)}`,
    category: CATEGORIES[n % CATEGORIES.length]!,
    hashtags: n % 3 === 0 ? 'new|hot' : 'old',
    author_id: String(n % 12),
    published_at: at(-DAY_MS * (n % 7)),
  }))
  const people = Array.from({ length: users }, (_, n) => ({
    user_id: `u${String(n)}`,
    as_of: at(0),
    age_band: n % 2 === 0 ? 'young' : 'old',
    engagement: (n % 10) / 10,
  }))
  const shown: ShownRow[] = []
  for (let n = 0; n < requests; n++) {
    const user = random.int(users)
    const ms = Math.floor((n * days * DAY_MS) / requests)
    const device = random.chance(0.6) ? 'phone' : 'desktop'
    const first = random.int(items)
    for (let position = 0; position < SHOWN; position++) {
      const item = (first + 7 * position) % items
      const likes = item % CATEGORIES.length === user % CATEGORIES.length
      const chance = (likes ? 0.45 : 0.06) * (device === 'phone' ? 0.8 : 1.2) * (1 - 0.08 * position)
      const click = random.chance(chance) ? 1 : 0
      const made = row(
        {
          request_id: `r${String(n)}`,
          user_id: `u${String(user)}`,
          item_id: `i${String(item)}`,
          position,
          shown_at: at(ms),
          click,
          like: click === 1 && random.chance(0.2) ? 1 : 0,
          dwell_seconds: click === 1 ? 5 + random.int(60) : 0,
          device,
        },
        shown.length,
      )
      if (made !== undefined) shown.push(made)
    }
  }
  const write = (name: string, rows: readonly object[]) => writeFileSync(join(folder, name), csvOf(rows))
  write('impressions.csv', shown)
  write('content_features.csv', contents)
  write('user_features.csv', people)
  const map = {
    ...{ user: 'user_id', item: 'item_id', request: 'request_id', time: 'shown_at' },
    ...{ label: 'click', positive: ['1'], value: 'dwell_seconds', ignore: ['like', 'position'] },
  }
  writeFileSync(join(folder, 'map.json'), `${JSON.stringify(map, null, 2)}\n`)
}

export function csvOf(rows: readonly object[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) =>
    columns.map((name) => String((row as Record<string, unknown>)[name])).join(','),
  )
  return `${[columns.join(','), ...lines].join('\n')}\n`
}
