import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { LogUnreadableError } from './errors.ts'
import type { CsvRow, RowPlace } from './csv-values.ts'
import { openText } from './fs-unpack.ts'

const RECORD_CHARS_MAX = 1_048_576
const HEADER_CHARS_MAX = 65_536

export interface RowFormat {
  /** Left out: comma, tab or semicolon, whichever the first line has most of. */
  delimiter?: string
  /** Names of the columns where the file has no header line. */
  columns?: readonly string[]
  /** Without quotes a quotation mark is a letter like others. */
  quotes?: boolean
  /** Columns that must be there. */
  needs?: readonly string[]
}

export interface PlacedRow {
  row: CsvRow
  place: RowPlace
}

/**
 * Reads a delimited file as a stream: byte-order mark, CRLF, quoted line breaks, gzip and zstd, blank lines.
 *
 * @throws LogUnreadableError when the file is missing, empty, packed badly or breaks the rules, lacks a column or has one twice
 */
export async function* readRows(path: string, format: RowFormat = {}): AsyncIterable<PlacedRow> {
  const { file, through } = await openText(path)
  const delimiter = format.delimiter ?? (await delimiterOf(path))
  let hasHeader = format.columns !== undefined
  const parser = parse({
    bom: true,
    info: true,
    delimiter,
    quote: format.quotes === false ? null : '"',
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
    max_record_size: RECORD_CHARS_MAX,
    columns:
      format.columns === undefined
        ? (header: string[]) => {
            hasHeader = true
            return checkedHeader(path, header, format.needs ?? [])
          }
        : [...format.columns],
  })
  const reading = pipeline([file, ...through, parser])
  // A failure ends the loop below by the parser's own error; awaiting `reading` reports the first one.
  reading.catch(() => undefined)
  let line = 1
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: CsvRow
      info: { lines: number }
    }>) {
      line = info.lines
      yield { row: record, place: { path, line } }
    }
    await reading
    if (!hasHeader) throw new LogUnreadableError(path, 'has no line with names of columns')
  } catch (cause) {
    if (cause instanceof LogUnreadableError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    const where = cause instanceof CsvError ? `line ${String(cause['lines'])}` : `after line ${String(line)}`
    throw new LogUnreadableError(path, `${where}: ${why}`, { cause })
  } finally {
    file.destroy()
  }
}

function checkedHeader(path: string, header: readonly string[], needs: readonly string[]): string[] {
  const names = header.map((name) => name.trim())
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new LogUnreadableError(
      path,
      `line 1: the column ${named(twice)} is there twice; remove or rename one`,
    )
  const missing = needs.filter((name) => !names.includes(name))
  if (missing.length > 0) {
    const has = names.map(named).join(', ')
    throw new LogUnreadableError(
      path,
      `line 1: has no column ${missing.map(named).join(', ')} (it has ${has})`,
    )
  }
  return names
}

const named = (column: string) => (column === '' ? '"" (a column without a name)' : column)

/** The columns of a file, from its first line. */
export async function columnsOf(path: string): Promise<string[]> {
  for await (const { row } of readRows(path)) return Object.keys(row)
  throw new LogUnreadableError(path, 'holds no rows')
}

const DELIMITERS = [',', '\t', ';'] as const

/** What the first line has most of outside of quotes. */
async function delimiterOf(path: string): Promise<string> {
  const { file, through } = await openText(path)
  let text = ''
  const failed = (error: Error) => void last.destroy(error)
  const last = through.reduce<NodeJS.ReadableStream>(
    (from, to) => from.on('error', failed).pipe(to),
    file,
  ) as typeof file
  try {
    for await (const chunk of last) {
      text += String(chunk)
      if (text.includes('\n') || text.length > HEADER_CHARS_MAX) break
    }
  } catch (cause) {
    throw new LogUnreadableError(path, cause instanceof Error ? cause.message : String(cause), { cause })
  } finally {
    file.destroy()
  }
  const line = text.split('\n', 1)[0]!.replace(/"[^"]*"/g, '')
  const count = (delimiter: string) => line.split(delimiter).length
  return DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best))
}
