import avsc from 'avsc'
import type { Type } from 'avsc'

/**
 * Why records of one schema could not be read by the other, both ways; empty when they can (FULL compatibility).
 * By the resolution rules of Avro as avsc applies them: what passes here is what our codec can read.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
 */
export function fullCompatibilityDifferences(before: string, after: string): string[] {
  const [older, newer] = [before, after].map((schemaJson) => avsc.Type.forSchema(JSON.parse(schemaJson)))
  return [
    ...differences(newer!, older!, 'new reader, old writer'),
    ...differences(older!, newer!, 'old reader, new writer'),
  ]
}

function differences(reader: Type, writer: Type, direction: string): string[] {
  try {
    reader.createResolver(writer)
    return []
  } catch (error) {
    return [`${direction}: ${error instanceof Error ? error.message : String(error)}`]
  }
}
