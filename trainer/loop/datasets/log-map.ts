import { z } from 'zod'
import { LogUnreadableError } from '#feature-store/files'

const column = z.string().describe('name of a column')

/** What the columns of a table are. Columns that nothing names are attributes of the request. */
export const logMapSchema = z.strictObject({
  user: column.optional().describe('left out: everything is one stream'),
  item: column.optional(),
  request: column
    .optional()
    .describe('rows with the same value were shown in one list; left out: each row alone'),
  time: column.optional().describe('left out: rows come in order, one each `every`'),
  every: z
    .string()
    .regex(/^\d+(\.\d+)?[smhd]$/, 'a time like 90s, 30m, 6h or 7d')
    .default('30m')
    .describe('event time from row to row where there is no time'),
  label: column,
  positive: z
    .union([
      z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
      z.strictObject({ from: z.number() }),
    ])
    .optional()
    .describe('values of the label that are a success, or the number from which on it is one'),
  value: column
    .optional()
    .describe(
      'a number that came of the row (dwell seconds, rating, amount): the value of its view; empty: none',
    ),
  userAttributes: z.array(column).default([]),
  itemAttributes: z.array(column).default([]),
  separators: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('what divides several values of a column, by its name'),
  ignore: z.array(column).default([]),
})
export type LogMap = z.output<typeof logMapSchema>

/** @throws LogUnreadableError naming every mistake, or a column that the file does not have */
export function parseLogMap(input: unknown, mapPath: string, columns: readonly string[]): LogMap {
  const parsed = logMapSchema.safeParse(input)
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(
      ({ path, message }) => `${path.map(String).join('.') || 'map'}: ${message}`,
    )
    throw new LogUnreadableError(mapPath, mistakes.join('; '))
  }
  const map = parsed.data
  const missing = namedColumns(map).filter((name) => !columns.includes(name))
  if (missing.length > 0) {
    throw new LogUnreadableError(
      mapPath,
      `the file has no column ${missing.join(', ')} (it has ${columns.join(', ')})`,
    )
  }
  return map
}

function namedColumns(map: LogMap): string[] {
  const { user, item, request, time, label, value, userAttributes, itemAttributes, separators, ignore } = map
  const single = [user, item, request, time, label, value].filter((name) => name !== undefined)
  return [...single, ...userAttributes, ...itemAttributes, ...Object.keys(separators), ...ignore]
}

/** Columns of the request itself. */
export function contextColumns(map: LogMap, columns: readonly string[]): string[] {
  const { user, item, request, time, label, value, userAttributes, itemAttributes, ignore } = map
  const single = [user, item, request, time, label, value]
  const taken = new Set([...single, ...userAttributes, ...itemAttributes, ...ignore])
  return columns.filter((name) => !taken.has(name))
}

const ROLES: readonly (readonly [role: 'user' | 'item' | 'request' | 'time' | 'label', names: RegExp])[] = [
  ['user', /^(user|member|visitor|customer|account|person)([_-]?id)?$/i],
  ['item', /^(item|video|movie|news|article|product|content|post|doc)([_-]?id)?$/i],
  ['request', /^(request|impression|session|query|list|qid)([_-]?id)?$/i],
  [
    'time',
    /^(time|timestamp|ts|date_?time|event_?time|time_?ms|occurred_?at(_?ms)?|shown_?at(_?ms)?|created_?at)$/i,
  ],
  ['label', /^(label|target|class|clicked|is_click|click|y|outcome|liked)$/i],
]
/** What came of a row as a number, and what else came of it: known only afterwards, so never a feature of the request. */
const VALUE = /^(dwell|watch|play)(_?(time|seconds|ms))$/i
const OUTCOME = /^(is_?)?(click|like|share|comment|save|hide|follow|purchase)(s|d|ed)?$/i
/** Of a list: rows are in its order already. */
const PLACE = /^(position|rank|slot)$/i

/** Proposes a map by the names of columns; the last column is the label when none is called so. */
export function inferLogMap(columns: readonly string[]): LogMap {
  const found: Partial<Record<(typeof ROLES)[number][0], string>> = {}
  for (const [role, names] of ROLES) {
    const name = columns.find(
      (column) => names.test(column.split(':')[0]!) && !Object.values(found).includes(column),
    )
    if (name !== undefined) found[role] = name
  }
  // Something that only looks like a request or a time is no list of items that were shown.
  const isTable = found.user === undefined && found.item === undefined
  if (isTable) delete found.request
  const value = isTable ? undefined : columns.find((name) => VALUE.test(name))
  const label = found.label ?? columns.at(-1)
  const ignore = columns.filter(
    (name) =>
      name !== label &&
      !Object.values(found).includes(name) &&
      ((!isTable && OUTCOME.test(name)) || (found.request !== undefined && PLACE.test(name))),
  )
  return logMapSchema.parse({ label, ...found, ...(value === undefined ? {} : { value }), ignore })
}
