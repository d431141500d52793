import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { TOPIC_KEYS } from './catalogue.ts'
import { readCurrentSchema } from './fs-schemas.ts'
import { DRIFT_KINDS, MODEL_STAGES } from './records.ts'
import { testCatalogue } from './testing/current-types.ts'

// records.ts (what TypeScript sees) against avro/ (what crosses the border), field for field.

type AvroType =
  | string
  | AvroType[]
  | {
      type: string
      name?: string
      fields?: AvroField[]
      items?: AvroType
      symbols?: string[]
      default?: unknown
    }
interface AvroField {
  name: string
  type: AvroType
  doc?: string
  default?: unknown
}
type AvroRecord = { type: 'record'; name: string; namespace?: string; doc?: string; fields: AvroField[] }

const statements = ['records.ts', 'left-out-records.ts'].flatMap(
  (name) =>
    ts.createSourceFile(
      name,
      readFileSync(new URL(name, import.meta.url), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    ).statements,
)
const interfaces = new Map(
  statements.filter(ts.isInterfaceDeclaration).map((declared) => [declared.name.text, declared]),
)
const ENUMS: Record<string, readonly string[]> = { ModelStage: MODEL_STAGES, DriftKind: DRIFT_KINDS }

/** [name, TypeScript type] of every field, those of the base first. */
function fieldsOf(name: string): [string, string][] {
  const declared = interfaces.get(name)
  if (!declared) throw new Error(`Neither file has an interface ${name}`)
  const bases =
    declared.heritageClauses?.flatMap((clause) => clause.types.map((type) => type.getText())) ?? []
  const own = declared.members
    .filter(ts.isPropertySignature)
    .map((member): [string, string] => [member.name.getText(), member.type!.getText()])
  return [...bases.flatMap(fieldsOf), ...own]
}
const recordTypes = new Map(fieldsOf('RecordOf'))

/** The TypeScript type that an Avro type stands for. */
function typeScriptOf(type: AvroType): string {
  if (Array.isArray(type)) {
    const [first, second, ...more] = type
    if (first !== 'null' || second === undefined || more.length > 0)
      throw new Error(`union ${JSON.stringify(type)}`)
    return `${typeScriptOf(second)} | null`
  }
  const name = typeof type === 'string' ? type : type.type
  switch (name) {
    case 'string':
      return 'string'
    case 'int':
    case 'long':
    case 'double':
      return 'number'
    case 'bytes':
      return 'Buffer'
    case 'array':
      return `${typeScriptOf((type as { items: AvroType }).items)}[]`
    case 'record':
    case 'enum':
      return (type as { name: string }).name
    default:
      return name
  }
}

/** Every record and enum defined in a schema. */
function definitions(type: AvroType): Exclude<AvroType, string | AvroType[]>[] {
  if (typeof type === 'string') return []
  if (Array.isArray(type)) return type.flatMap(definitions)
  const inner = [...(type.fields ?? []).map((field) => field.type), ...(type.items ? [type.items] : [])]
  return [...(type.name === undefined ? [] : [type]), ...inner.flatMap(definitions)]
}
/** Of what may be null, and of an array, the type that is in it. */
function bareOf(type: AvroType): AvroType {
  if (Array.isArray(type)) return bareOf(type[1]!)
  return typeof type === 'object' && type.type === 'array' ? bareOf(type.items!) : type
}
const isWhole = (name: string) =>
  /^(position|rank|index|count|partition)$|Partition$|Index$|Hash(es)?$/.test(name)
const isBig = (name: string) => /AtMs$|^offset$|Offsets?$|^examples$/.test(name)

describe.each(TOPIC_KEYS)('%s', (topic) => {
  const schema = JSON.parse(readCurrentSchema(testCatalogue()[topic].schemaFile)) as AvroRecord
  const records = definitions(schema).filter((defined): defined is AvroRecord => defined.type === 'record')
  const fields = records.flatMap((record) =>
    record.fields.map((field) => ({ ...field, record: record.name })),
  )

  it('carries the record that records.ts says, in the namespace', () => {
    expect(schema.name).toBe(recordTypes.get(topic))
    expect(schema.namespace).toBe('feedloop')
  })

  it('has the fields of the TypeScript types, in their order', () => {
    for (const record of records) {
      expect(record.fields.map((field) => [field.name, typeScriptOf(field.type)])).toEqual(
        fieldsOf(record.name),
      )
    }
  })

  it('has the symbols of the TypeScript types, and a default to read unknown ones as', () => {
    for (const defined of definitions(schema).filter(({ type }) => type === 'enum')) {
      expect(defined.symbols).toEqual(ENUMS[defined.name!])
      expect(defined.symbols).toContain(defined.default)
    }
  })

  it('says what every record and field means', () => {
    for (const { doc, name } of [...records, ...fields]) expect(doc, name).toMatch(/^.{4,}\.$/s)
  })

  it('gives every optional field the default null, so that it can go again', () => {
    for (const field of fields) {
      const optional = Array.isArray(field.type)
      if (optional) expect(field, field.name).toMatchObject({ default: null })
    }
  })

  it('has whole numbers where fractions make no sense, wide where they grow, and no Date types', () => {
    for (const field of fields) {
      const bare = bareOf(field.type)
      if (isBig(field.name)) expect(bare, field.name).toBe('long')
      else if (isWhole(field.name)) expect(bare, field.name).toBe('int')
      else if (typeScriptOf(field.type).startsWith('number')) expect(bare, field.name).toBe('double')
    }
    expect(JSON.stringify(schema)).not.toContain('logicalType')
  })
})
