/** An Avro schema as JSON, as far as ours use it. */
export type SchemaJson = string | SchemaJson[] | RecordJson | ArrayJson | MapJson | EnumJson | FixedJson

export interface FieldJson {
  name: string
  type: SchemaJson
  default?: unknown
}
export interface RecordJson {
  type: 'record'
  name: string
  fields: FieldJson[]
}
interface ArrayJson {
  type: 'array'
  items: SchemaJson
}
interface MapJson {
  type: 'map'
  values: SchemaJson
}
export interface EnumJson {
  type: 'enum'
  name: string
  symbols: string[]
  default?: string
}
interface FixedJson {
  type: 'fixed'
  name: string
  size: number
}
type Named = RecordJson | EnumJson | FixedJson

/** The named types of a schema, for the places that mention them by name alone. */
export function namedTypes(
  schema: SchemaJson,
  into = new Map<string, SchemaJson>(),
): Map<string, SchemaJson> {
  if (typeof schema === 'string') return into
  if (Array.isArray(schema)) for (const branch of schema) namedTypes(branch, into)
  else if (schema.type === 'array') namedTypes(schema.items, into)
  else if (schema.type === 'map') namedTypes(schema.values, into)
  else if (isNamed(schema)) {
    into.set(schema.name, schema)
    if (schema.type === 'record') for (const { type } of schema.fields) namedTypes(type, into)
  }
  return into
}

/** Every record, enum and fixed of a schema, and every field. */
export const recordsIn = (schema: SchemaJson): RecordJson[] =>
  [...namedTypes(schema).values()].filter(
    (type): type is RecordJson => typeof type === 'object' && !Array.isArray(type) && type.type === 'record',
  )
export const enumsIn = (schema: SchemaJson): EnumJson[] =>
  [...namedTypes(schema).values()].filter(
    (type): type is EnumJson => typeof type === 'object' && !Array.isArray(type) && type.type === 'enum',
  )

function isNamed(schema: SchemaJson): schema is Named {
  return typeof schema === 'object' && 'name' in schema
}
