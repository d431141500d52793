import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TopicCatalogue } from '../catalogue.ts'
import type { RecordOf, TopicKey } from '../records.ts'

/** Bytes that some version of a topic's schema wrote once, and must mean the same for ever. */
export interface GoldenRecord {
  file: string
  version: number
  /** Avro binary without the wire header: schema ids differ from registry to registry. */
  body: Buffer
  /** The same bytes as they stand in the .json file, for people. */
  hex: string
  record: RecordOf[TopicKey]
}

/** `golden/<topic>.<version>.json` and `.bin` of a topic, oldest version first. In JSON, bytes are {"$bytes": hex}. */
export function goldenRecords(topic: TopicKey, catalogue: TopicCatalogue): GoldenRecord[] {
  const folder = join(import.meta.dirname, '..', 'golden')
  const pattern = new RegExp(`^${catalogue[topic].slug}\\.(\\d+)\\.json$`)
  return readdirSync(folder)
    .filter((file) => pattern.test(file))
    .map((file) => {
      const { hex, record } = parseGolden(readFileSync(join(folder, file), 'utf8'))
      const body = readFileSync(join(folder, file.replace(/json$/, 'bin')))
      return { file, version: Number(pattern.exec(file)![1]), body, hex, record }
    })
    .sort((a, b) => a.version - b.version)
}

/** The text of a golden .json file. */
export function goldenJson(record: object, body: Buffer): string {
  return `${JSON.stringify({ hex: body.toString('hex'), record }, bytesAsHex, 2)}\n`
}

function parseGolden(json: string): { hex: string; record: RecordOf[TopicKey] } {
  return JSON.parse(json, (_, value: unknown) =>
    typeof value === 'object' && value !== null && '$bytes' in value
      ? Buffer.from(String(value.$bytes), 'hex')
      : value,
  ) as { hex: string; record: RecordOf[TopicKey] }
}

/** JSON.stringify calls Buffer.toJSON first: it hands over { type: 'Buffer', data }. */
function bytesAsHex(_: string, value: unknown): unknown {
  const isBuffer =
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value
  return isBuffer ? { $bytes: Buffer.from(value.data as number[]).toString('hex') } : value
}
