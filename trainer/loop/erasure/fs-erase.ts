import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import type { ErasureReceipt } from '#feature-store'

type Place = ErasureReceipt['places'][number]

/** Told of a file that is to be written again, before it replaces the old one; text: why it must wait. */
export type Replacing = (file: string, written: string) => Promise<string | undefined>

const SEARCHED_BYTES_MAX = 512 * 1_024 * 1_024
const PART = '.erasing'

/**
 * Writes the tables in these folders (Parquet, CSV, JSON lines) again without the rows that name the entity, each whole or not
 * at all. What is no table and names it is told, and left. Folders that are not there hold nothing.
 */
export async function eraseFromFiles(
  folders: readonly string[],
  id: string,
  replacing: Replacing = () => Promise.resolve(undefined),
): Promise<Place[]> {
  const places: Place[] = []
  for (const folder of folders)
    for (const file of await filesBelow(folder)) {
      const place = await eraseFromFile(file, id, replacing)
      if (place !== null) places.push(place)
    }
  if (places.length > 0 || folders.length === 0) return places
  return [
    {
      place: folders.join(', '),
      found: 'nothing',
      done: 'nothing',
      until: null,
      why: 'no file there names it',
    },
  ]
}

async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  const files = found.filter((entry) => entry.isFile() && !entry.name.endsWith(PART))
  return files.map(({ parentPath, name }) => path.join(parentPath, name)).sort()
}

async function eraseFromFile(file: string, id: string, replacing: Replacing): Promise<Place | null> {
  const written = `${file}${PART}`
  try {
    const rows = await rewrite(file, written, id)
    if (rows === null) return await search(file, id)
    if (rows === 0) return null
    const found = `${String(rows)} rows`
    const waits = await replacing(file, written)
    if (waits !== undefined) return { place: file, found, done: 'left', until: null, why: waits }
    await rename(written, file)
    return { place: file, found, done: 'rewritten', until: null, why: 'written again without its rows' }
  } finally {
    await rm(written, { force: true })
  }
}

/** @returns rows that were left out; null: it is no table */
async function rewrite(file: string, written: string, id: string): Promise<number | null> {
  switch (path.extname(file)) {
    case '.parquet':
      return rewriteParquet(file, written, id)
    case '.csv':
      return rewriteLines(file, written, (line, number) => number > 1 && cellsOf(line, ',').includes(id))
    case '.tsv':
      return rewriteLines(file, written, (line, number) => number > 1 && cellsOf(line, '\t').includes(id))
    case '.jsonl':
    case '.ndjson':
      return rewriteLines(file, written, (line) => line.includes(JSON.stringify(id)))
    default:
      return null
  }
}

async function rewriteParquet(file: string, written: string, id: string): Promise<number> {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer)
  const names = metadata.schema
    .filter(({ num_children: children }) => children === undefined)
    .map(({ name }) => name)
  const writer = new ParquetWriter({
    writer: fileWriter(written),
    schema: metadata.schema,
    ...(metadata.key_value_metadata && { kvMetadata: metadata.key_value_metadata }),
  })
  let rowStart = 0
  let erased = 0
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows)
    const rows = await parquetReadObjects({ file: buffer, metadata, compressors, rowStart, rowEnd })
    const kept = rows.filter((row) => !Object.values(row).includes(id))
    erased += rows.length - kept.length
    const columnData = names.map((name) => ({ name, data: kept.map((row): unknown => row[name]) }))
    if (kept.length > 0) await writer.write({ columnData, rowGroupSize: kept.length })
    rowStart = rowEnd
  }
  await writer.finish()
  return erased
}

async function rewriteLines(
  file: string,
  written: string,
  isErased: (line: string, number: number) => boolean,
): Promise<number> {
  const out = createWriteStream(written)
  let number = 0
  let erased = 0
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number += 1
    if (isErased(line, number)) erased += 1
    else if (!out.write(`${line}\n`)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  return erased
}

/** A quoted cell may hold the delimiter, and a quote twice. */
function cellsOf(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter)
  const cells = line.matchAll(new RegExp(`(?:^|${delimiter})(?:"((?:[^"]|"")*)"|([^${delimiter}]*))`, 'g'))
  return Array.from(cells, ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

/** A file of another kind: only looked at. */
async function search(file: string, id: string): Promise<Place | null> {
  const { size } = await stat(file)
  const left = (found: string, why: string): Place => ({ place: file, found, done: 'left', until: null, why })
  if (size > SEARCHED_BYTES_MAX)
    return left(
      'not looked at',
      `larger than ${String(SEARCHED_BYTES_MAX / 1_048_576)} MiB: look for it yourself`,
    )
  const bytes = await readFile(file)
  const name = Buffer.from(id)
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1))
    if (!isWordByte(bytes[at - 1]) && !isWordByte(bytes[at + name.length]))
      return left('its id', 'it cannot be written again: delete the file, or make it anew')
  return null
}

/** Of an id: letters, digits, `_` and `-`. */
const isWordByte = (byte: number | undefined) => byte !== undefined && /[\w-]/.test(String.fromCharCode(byte))
