import { DecodeError } from './errors.ts'

/** Byte 0 is 0, bytes 1-4 are the schema id (big endian), Avro binary follows. */
export const HEADER_BYTES = 5

/**
 * The schema id a value names.
 * @throws DecodeError `undecodable` when the value is not in the Confluent wire format.
 * @see https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
 */
export function schemaIdOf(bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES) {
    throw new DecodeError(
      'undecodable',
      `${bytes.length} byte(s) are too few for the ${HEADER_BYTES}-byte header`,
    )
  }
  if (bytes[0] !== 0) {
    throw new DecodeError(
      'undecodable',
      `first byte is 0x${bytes[0]!.toString(16).padStart(2, '0')}, not the magic 0x00`,
    )
  }
  return bytes.readUInt32BE(1)
}

/** Writes the header to the first bytes of `target`. */
export function writeHeader(target: Buffer, schemaId: number): void {
  target[0] = 0
  target.writeUInt32BE(schemaId, 1)
}
