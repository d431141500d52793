import { namedTypes, type FieldJson, type SchemaJson } from './avro-json.ts'

/**
 * What a reader's schema makes of a writer's value, by the letter of the specification, on values: no bytes, no
 * compiled resolver, nothing of avsc. Slow and plain, to hold the codec against. Throws TypeError for bytes to be read as
 * a string that are not UTF-8.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
 */
export function naiveResolution(writer: SchemaJson, reader: SchemaJson): (value: unknown) => unknown {
  const [writerNames, readerNames] = [namedTypes(writer), namedTypes(reader)]
  return (value) => resolve(writer, reader, value)

  function resolve(from: SchemaJson, to: SchemaJson, value: unknown): unknown {
    const source = named(from, writerNames)
    const target = named(to, readerNames)
    if (Array.isArray(source)) return resolve(branchOf(source, value), target, value)
    if (Array.isArray(target)) return resolve(source, firstMatch(source, target), value)
    if (typeof source === 'string' || typeof target === 'string')
      return promoted(nameOf(source), nameOf(target), value)
    if (source.type === 'record' && target.type === 'record')
      return resolveRecord(source.fields, target.fields, value as Record<string, unknown>)
    if (source.type === 'array' && target.type === 'array')
      return (value as unknown[]).map((item) => resolve(source.items, target.items, item))
    if (source.type === 'map' && target.type === 'map')
      return Object.fromEntries(
        Object.entries(value as object).map(([key, item]) => [
          key,
          resolve(source.values, target.values, item),
        ]),
      )
    if (source.type === 'enum' && target.type === 'enum')
      return target.symbols.includes(value as string) ? value : target.default
    return value
  }

  function resolveRecord(from: FieldJson[], to: FieldJson[], value: Record<string, unknown>): object {
    const entries = to.map((field) => {
      const written = from.find(({ name }) => name === field.name)
      return [
        field.name,
        written === undefined
          ? valueOfDefault(field.type, field.default)
          : resolve(written.type, field.type, value[field.name]),
      ]
    })
    return Object.fromEntries(entries) as object
  }

  function valueOfDefault(schema: SchemaJson, json: unknown): unknown {
    const type = named(schema, readerNames)
    if (Array.isArray(type)) return valueOfDefault(type[0]!, json)
    if (type === 'bytes') return Buffer.from(json as string, 'latin1')
    if (typeof type === 'string') return json
    switch (type.type) {
      case 'fixed':
        return Buffer.from(json as string, 'latin1')
      case 'enum':
        return json
      case 'array':
        return (json as unknown[]).map((item) => valueOfDefault(type.items, item))
      case 'map':
        return Object.fromEntries(
          Object.entries(json as object).map(([key, item]) => [key, valueOfDefault(type.values, item)]),
        )
      case 'record':
        return resolveRecordDefault(type.fields, json as Record<string, unknown>)
    }
  }

  function resolveRecordDefault(fields: FieldJson[], json: Record<string, unknown>): object {
    return Object.fromEntries(
      fields.map(({ name, type, ...field }) => [name, valueOfDefault(type, json[name] ?? field.default)]),
    )
  }

  /** The writer's branch, by the value: in our unions it says which. */
  function branchOf(branches: SchemaJson[], value: unknown): SchemaJson {
    return branches.find((branch) => holds(nameOf(named(branch, writerNames)), value))!
  }

  function firstMatch(source: SchemaJson, branches: SchemaJson[]): SchemaJson {
    const from = nameOf(source)
    const exact = branches.find((branch) => nameOf(named(branch, readerNames)) === from)
    return exact ?? branches.find((branch) => PROMOTIONS[from]?.includes(nameOf(named(branch, readerNames))))!
  }
}

const PROMOTIONS: Record<string, readonly string[]> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

function promoted(from: string, to: string, value: unknown): unknown {
  if (from === 'string' && to === 'bytes') return Buffer.from(value as string)
  if (from === 'bytes' && to === 'string')
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value as Buffer)
  return value
}

function named(schema: SchemaJson, names: ReadonlyMap<string, SchemaJson>): SchemaJson {
  return typeof schema === 'string' ? (names.get(schema) ?? schema) : schema
}

function nameOf(schema: SchemaJson): string {
  if (typeof schema === 'string') return schema
  return Array.isArray(schema) ? 'union' : schema.type
}

function holds(branch: string, value: unknown): boolean {
  switch (branch) {
    case 'null':
      return value === null
    case 'string':
    case 'enum':
      return typeof value === 'string'
    case 'bytes':
    case 'fixed':
      return Buffer.isBuffer(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'array':
      return Array.isArray(value)
    case 'record':
    case 'map':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
    default:
      return typeof value === 'number'
  }
}
