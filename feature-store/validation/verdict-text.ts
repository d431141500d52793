import type { OutcomeFacts } from './expectation.ts'
import type { ValidationReport, Verdict } from './validate.ts'

const LINES_SHOWN = 5
const VALUES_SHOWN = 3
const VALUE_CHARS_MAX = 60
const whole = (value: number) => value.toLocaleString('en-US')

/** The columns that an expectation is about, for people. */
export function subjectOf({ table, expectation: { kwargs } }: Verdict): string {
  const names = [
    kwargs['column'],
    kwargs['column_A'],
    kwargs['column_B'],
    kwargs['column_list'],
    kwargs['label'],
  ]
    .flat()
    .filter((name): name is string => typeof name === 'string')
  return names.length === 0 ? table : `${table}.${names.join('+')}`
}

/** What it wants, beside its columns. */
export function wantedOf({ expectation: { kwargs } }: Verdict): string {
  return Object.entries(kwargs)
    .filter(([name]) => !['column', 'column_A', 'column_B', 'column_list', 'label'].includes(name))
    .map(([name, value]) => `${name} ${shortened(JSON.stringify(value) ?? '')}`)
    .join(', ')
}

const shortened = (text: string) =>
  text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}...` : text

/** What was found, in a sentence. */
export function foundOf({ exception, result }: Pick<Verdict, 'exception' | 'result'>): string {
  if (exception !== null) return exception
  const { details } = result
  return [...countsOf(result), ...(details === undefined ? [] : [details])].join('; ')
}

function countsOf(result: OutcomeFacts): string[] {
  const { unexpected_count: unexpected, element_count: elements, missing_count: missing = 0 } = result
  if (unexpected === undefined || elements === undefined) {
    if (result.observed_value === undefined || result.details !== undefined) return []
    return [`observed ${shortened(JSON.stringify(result.observed_value))}`]
  }
  const of = `${whole(unexpected)} of ${whole(elements - missing)} unexpected`
  if (unexpected === 0) return [of]
  const values = (result.partial_unexpected_list ?? [])
    .slice(0, VALUES_SHOWN)
    .map((value) => shortened(value === '' ? 'nothing' : value))
  const lines = (result.partial_unexpected_lines ?? []).slice(0, LINES_SHOWN).map(String)
  return [
    `${of} (${percent(result.unexpected_percent ?? 0)}): ${values.join(' | ')}`,
    ...(lines.length === 0
      ? []
      : [
          `${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}${unexpected > lines.length ? ', ...' : ''}`,
        ]),
  ]
}

const percent = (value: number) =>
  `${value === 0 || value >= 0.1 ? value.toFixed(1) : value.toPrecision(1)} %`

/** The report for a terminal: what is not met, and counts. */
export function verdictText(report: ValidationReport): string {
  const { tables, verdicts, statistics, notes } = report
  const head = tables.map(({ table, path, rows, columns }) => {
    const own = verdicts.filter((verdict) => verdict.table === table)
    const failed = own.filter(({ success }) => !success).length
    const state = failed === 0 ? 'all met' : `${String(failed)} not met`
    return `${path}: ${whole(rows)} rows, ${String(columns.length)} columns, ${String(own.length)} expectations, ${state}`
  })
  const failed = verdicts
    .filter(({ success }) => !success)
    .map((verdict) => {
      const wanted = wantedOf(verdict)
      return `  ${subjectOf(verdict)}  ${verdict.expectation.type}${wanted === '' ? '' : ` (${wanted})`}\n      ${foundOf(verdict)}`
    })
  const { evaluated, successful, unsuccessful } = statistics
  const end =
    unsuccessful === 0
      ? `All ${String(evaluated)} expectations are met.`
      : `${String(unsuccessful)} of ${String(evaluated)} expectations are not met, ${String(successful)} are.`
  return [...notes.map((note) => `Note: ${note}`), ...head, ...failed, end, ''].join('\n')
}
