import type { Attribute, Interaction, RankRequest } from '#schemas'
import { deadLetter, pass, type RecordMeta, type Step } from '#streams'
import type { Cell, CellRow } from '../files/index.ts'
import type { RowCheck } from './expectation.ts'
import { openSuite, type Suite } from './suite.ts'
import type { TellUnmet } from './unmet.ts'

/** What a stream's records are to a suite. */
interface StreamTable {
  /** The tables of a data set that they are, for `meta.table`. */
  names: readonly string[]
  columns: readonly string[]
}

interface StreamCheck {
  said: string
  columns: readonly string[]
  isFatal: boolean
  row: RowCheck
}

const INTERACTIONS: StreamTable = {
  names: ['interactions'],
  columns: ['interaction_id', 'request_id', 'user_id', 'item_id', 'type', 'occurred_at', 'position', 'value'],
}

/** An interaction as a row, with the columns of a data set's table. */
function interactionRow(interaction: Interaction): CellRow {
  const { interactionId, requestId, userId, itemId, type, occurredAtMs, position, value } = interaction
  return {
    ...{ interaction_id: interactionId, request_id: requestId, user_id: userId, item_id: itemId },
    ...{ type, occurred_at: new Date(occurredAtMs), position, value },
  }
}

const ITEM = 'item_id'
const VALUES_JOINED_BY = '|'

/** @param context names of the declared attributes of requests */
const requestsTable = (context: readonly string[]): StreamTable => ({
  names: ['requests', 'impressions'],
  columns: ['request_id', 'user_id', ITEM, 'occurred_at', 'shown_at', ...context],
})

/** A request as a row of what was shown, before anybody knows what comes of it. Its item is filled in for each candidate. */
function requestRow(
  { requestId, userId, occurredAtMs, context }: RankRequest,
  names: readonly string[],
): Record<string, Cell> {
  const at = new Date(occurredAtMs)
  return {
    ...Object.fromEntries(names.map((name) => [name, cellOf(context, name)])),
    ...{ request_id: requestId, user_id: userId, [ITEM]: null, occurred_at: at, shown_at: at },
  }
}

/** Several texts are joined, as in a file. */
function cellOf(attributes: readonly Attribute[], wanted: string): Cell {
  const own = attributes.filter(({ name }) => name === wanted)
  const texts = own.flatMap(({ text }) => text ?? [])
  return texts.length > 0 ? texts.join(VALUES_JOINED_BY) : (own[0]?.number ?? null)
}

/** Of a suite, what judges one row by itself; the rest needs a table. @throws SuiteError */
function checksOf(suite: Suite, { names, columns: known }: StreamTable): StreamCheck[] {
  return openSuite(suite, 'features.validation.suite').expectations.flatMap(({ expectation, read }) => {
    const { type, meta } = expectation
    const { row, columns } = read
    if (row === undefined || !names.includes(meta?.table ?? names[0]!)) return []
    if (columns.some((column) => !known.includes(column))) return []
    return [{ said: `${columns.join(', ')}: ${type}`, columns, isFatal: meta?.severity === 'fatal', row }]
  })
}

/**
 * A step that judges interactions by a suite: what is not as expected is counted (`steps_signaled`, expectation_unmet) and told,
 * and goes to the dead letters where the expectation is fatal.
 *
 * @throws SuiteError
 */
export function asExpected(suite: Suite, tell?: TellUnmet): Step<Interaction> {
  const checks = checksOf(suite, INTERACTIONS)
  return function asExpected(interaction, meta) {
    if (checks.length === 0) return pass(interaction)
    const row = interactionRow(interaction)
    const unmet = checks.filter((check) => check.row(row) > 0)
    return verdictOn(interaction, { unmet, table: 'interactions', row, meta, tell })
  }
}

/**
 * The same for rank requests: expectations of what was shown (`impressions`, or `requests`), as far as a request knows it, with
 * every candidate as `item_id` and its context attributes by their names.
 *
 * @param context names of the declared attributes
 * @throws SuiteError
 */
export function requestsAsExpected(
  suite: Suite,
  context: readonly string[],
  tell?: TellUnmet,
): Step<RankRequest> {
  const checks = checksOf(suite, requestsTable(context))
  const ofItems = checks.filter(({ columns }) => columns.includes(ITEM))
  const ofRequest = checks.filter((check) => !ofItems.includes(check))
  return function requestsAsExpected(request, meta) {
    if (checks.length === 0) return pass(request)
    const row: Record<string, Cell> = requestRow(request, context)
    const unmet = ofRequest.filter((check) => check.row(row) > 0)
    for (const check of ofItems) {
      const found = request.candidates.find((item) => {
        row[ITEM] = item
        return check.row(row) > 0
      })
      if (found !== undefined) unmet.push(check)
      row[ITEM] = found ?? null
    }
    return verdictOn(request, { unmet, table: 'requests', row, meta, tell })
  }
}

interface Judged {
  unmet: readonly StreamCheck[]
  table: string
  row: CellRow
  meta: RecordMeta
  tell: TellUnmet | undefined
}

function verdictOn<T>(record: T, { unmet, table, row, meta, tell }: Judged): ReturnType<Step<T>> {
  for (const { said, isFatal } of unmet) tell?.({ table, expectation: said, isFatal, ids: idsOf(row), meta })
  const fatal = unmet.find(({ isFatal }) => isFatal)
  if (fatal !== undefined) return deadLetter('expectation_unmet', `${table}: ${fatal.said}${toldIds(row)}`)
  return unmet.length > 0 ? pass(record, 'expectation_unmet') : pass(record)
}

const ID_CHARS_MAX = 40

/** Ids alone: what else a record says of a person belongs into no log. */
function idsOf(row: CellRow): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([name, value]) => IDS.has(name) && value !== null)
      .map(([name, value]) => [name, String(value).slice(0, ID_CHARS_MAX)]),
  )
}
const IDS = new Set(['interaction_id', 'request_id', 'user_id', ITEM])

const toldIds = (row: CellRow) =>
  ` (${Object.entries(idsOf(row))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')})`
