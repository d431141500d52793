import type { Interaction } from '#schemas'
import { deadLetter, pass, type Step } from '#streams'
import type { CellRow } from '../files/index.ts'
import type { RowCheck } from './expectation.ts'
import { openSuite, type Suite } from './suite.ts'

/** The table that interactions of the stream are, for `meta.table`. */
const TABLE = 'interactions'
const VALUE_CHARS_MAX = 40

interface StreamCheck {
  said: string
  columns: readonly string[]
  isFatal: boolean
  row: RowCheck
}

/** An interaction as a row, with the columns of a data set's table. */
function rowOf(interaction: Interaction): CellRow {
  const { interactionId, requestId, userId, itemId, type, occurredAtMs, position, value } = interaction
  return {
    ...{ interaction_id: interactionId, request_id: requestId, user_id: userId, item_id: itemId },
    ...{ type, occurred_at: new Date(occurredAtMs), position, value },
  }
}
const COLUMNS = [
  'interaction_id',
  'request_id',
  'user_id',
  'item_id',
  'type',
  'occurred_at',
  'position',
  'value',
]

/** Of a suite, what judges one interaction by itself; the rest needs a table. @throws SuiteError */
function checksOf(suite: Suite): StreamCheck[] {
  return openSuite(suite, 'features.validation.suite').expectations.flatMap(({ expectation, read }) => {
    const { type, meta } = expectation
    const { row, columns } = read
    if (row === undefined || (meta?.table ?? TABLE) !== TABLE) return []
    if (columns.some((column) => !COLUMNS.includes(column))) return []
    return [{ said: `${columns.join(', ')}: ${type}`, columns, isFatal: meta?.severity === 'fatal', row }]
  })
}

/**
 * A step that judges interactions by a suite: what is not as expected is counted (`steps_signaled`, expectation_unmet), and goes
 * to the dead letters where the expectation is fatal.
 *
 * @throws SuiteError
 */
export function asExpected(suite: Suite): Step<Interaction> {
  const checks = checksOf(suite)
  return function asExpected(interaction) {
    if (checks.length === 0) return pass(interaction)
    const row = rowOf(interaction)
    const unmet = checks.filter((check) => check.row(row) > 0)
    const fatal = unmet.find(({ isFatal }) => isFatal)
    if (fatal !== undefined) {
      const values = fatal.columns.map((column) => String(row[column]).slice(0, VALUE_CHARS_MAX))
      return deadLetter('expectation_unmet', `${fatal.said} (${values.join(', ')})`)
    }
    return unmet.length > 0 ? pass(interaction, 'expectation_unmet') : pass(interaction)
  }
}
