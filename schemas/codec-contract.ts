import type { RecordOf, TopicKey } from './records.ts'

/**
 * Confluent wire format: byte 0 is 0, bytes 1-4 the schema id (big endian), then Avro binary.
 * Decoding never allocates more than the bytes at hand can hold: counts and lengths are walked first.
 */
export interface Codec {
  /** The topic's current schema, encoded. Throws EncodeError when the record does not fit the schema. */
  encode<K extends TopicKey>(topic: K, record: RecordOf[K]): Buffer
  /**
   * Throws DecodeError: `undecodable`, `schema_mismatch` (poison) or `schema_not_loaded` (call `load` with the
   * same bytes first).
   */
  decode<K extends TopicKey>(topic: K, bytes: Buffer): RecordOf[K]
  /**
   * Fetches the writer schemas these values name, once per id. Throws DecodeError `unknown_schema` when the
   * registry does not know the id (poison), RegistryUnavailableError when it cannot be asked (transient).
   */
  load(topic: TopicKey, bytes: Buffer): Promise<void>
}

/** Reads and does not write. */
export type Decoder = Pick<Codec, 'decode' | 'load'>
