import { createReadStream, existsSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { PassThrough } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { LogUnreadableError } from './errors.ts'
import type { CsvRow } from './feed-log.ts'
import type { RowPlace } from './csv-values.ts'

const RECORD_CHARS_MAX = 65_536

/**
 * Reads a CSV file with a header line, plain or gzipped by its name, as a stream.
 *
 * @throws LogUnreadableError when the file is missing, is no gzip, or breaks the CSV rules
 */
export async function* readCsv(path: string): AsyncIterable<{ row: CsvRow; place: RowPlace }> {
  if (!existsSync(path)) throw new LogUnreadableError(path, 'there is no such file')
  const parser = parse({ columns: true, bom: true, max_record_size: RECORD_CHARS_MAX })
  const file = createReadStream(path)
  const reading = pipeline(file, path.endsWith('.gz') ? createGunzip() : new PassThrough(), parser)
  // A failure ends the loop below by the parser's own error; awaiting `reading` reports the first one.
  reading.catch(() => undefined)
  let line = 1
  try {
    for await (const row of parser) yield { row: row as CsvRow, place: { path, line: ++line } }
    await reading
  } catch (cause) {
    if (cause instanceof LogUnreadableError) throw cause
    throw new LogUnreadableError(
      path,
      `after line ${String(line)}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    )
  } finally {
    file.destroy()
  }
}

/** Rows of a file without its header. Reads it once from end to end. */
export async function countRows(path: string): Promise<number> {
  let rows = 0
  for await (const { place } of readCsv(path)) rows = place.line - 1
  return rows
}
