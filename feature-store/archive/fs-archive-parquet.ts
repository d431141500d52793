import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { headersOf, type RawRecord } from '#streams'

/** What the footer of a file says beside its records. */
export interface ArchiveFooter {
  topicName: string
  partition: number
  firstOffset: number
  nextOffset: number
}

/** A record of a file, with its headers as they are written there. */
export interface ArchivedRecord extends RawRecord {
  headersText?: string
}

const FORMAT = '1'
const bytesOf = (buffer: Buffer | null) =>
  buffer === null ? null : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)

/** Records as a Parquet file: partition, offset, timestamp, whose clock that is, key, value, headers (JSON, values in base64). */
export function archiveBytes(records: readonly ArchivedRecord[], footer: ArchiveFooter): Uint8Array {
  const headers = (record: ArchivedRecord) =>
    record.headers === undefined
      ? (record.headersText ?? null)
      : JSON.stringify(
          headersOf(record.headers).map(({ name, value }) => [name, value?.toString('base64') ?? null]),
        )
  const column = <T>(
    name: string,
    type: 'INT32' | 'INT64' | 'BOOLEAN' | 'BYTE_ARRAY' | 'STRING' | 'TIMESTAMP',
    of: (record: ArchivedRecord) => T,
  ) => ({
    name,
    type,
    data: records.map(of),
  })
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        column('partition', 'INT32', ({ partition }) => partition),
        column('offset', 'INT64', ({ offset }) => BigInt(offset)),
        column('timestamp', 'TIMESTAMP', ({ brokerTimeMs }) => new Date(brokerTimeMs)),
        column('isProducerTime', 'BOOLEAN', ({ isProducerTime }) => isProducerTime === true),
        column('key', 'BYTE_ARRAY', ({ key }) => bytesOf(key)),
        column('value', 'BYTE_ARRAY', ({ value }) => bytesOf(value)),
        column('headers', 'STRING', headers),
      ],
      rowGroupSize: Math.max(1, records.length),
      statistics: false,
      createdBy: 'feedloop',
      kvMetadata: [
        { key: 'feedloop.archive', value: FORMAT },
        ...Object.entries(footer).map(([key, value]) => ({ key: `feedloop.${key}`, value: String(value) })),
      ],
    }),
  )
}

/** What a file holds. @throws Error when it is cut short, or no file of an archive */
export async function readArchive(
  bytes: Uint8Array,
): Promise<{ footer: ArchiveFooter; records: ArchivedRecord[] }> {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const metadata = await parquetMetadataAsync({
    byteLength: buffer.byteLength,
    slice: (start, end) => buffer.slice(start, end),
  })
  const facts = new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value]))
  if (facts.get('feedloop.archive') !== FORMAT) throw new Error(`it is no archive file of format ${FORMAT}`)
  const rows = await parquetReadObjects({ file: buffer, metadata, compressors, utf8: false })
  const number = (name: string) => Number(facts.get(`feedloop.${name}`))
  return {
    footer: {
      topicName: facts.get('feedloop.topicName') ?? '',
      partition: number('partition'),
      firstOffset: number('firstOffset'),
      nextOffset: number('nextOffset'),
    },
    records: rows.map((row) => ({
      partition: row['partition'] as number,
      offset: Number(row['offset']),
      key: bufferOf(row['key']),
      value: bufferOf(row['value']),
      brokerTimeMs: (row['timestamp'] as Date).getTime(),
      isProducerTime: row['isProducerTime'] as boolean,
      ...(typeof row['headers'] === 'string' && { headersText: row['headers'] }),
    })),
  }
}

function bufferOf(cell: unknown): Buffer | null {
  if (cell === null || cell === undefined) return null
  const { buffer, byteOffset, byteLength } = cell as Uint8Array
  return Buffer.from(buffer, byteOffset, byteLength)
}
