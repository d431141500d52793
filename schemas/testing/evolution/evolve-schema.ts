import { fullCompatibilityDifferences } from '../../evolution.ts'
import { type Chance, chanceOf } from '../chance.ts'
import { enumsIn, type FieldJson, recordsIn, type SchemaJson } from './avro-json.ts'

/** Changes a copy of a schema in place; false: there is nothing it could change. */
type Change = (schema: SchemaJson, chance: Chance, serial: number) => boolean

/** What FULL_TRANSITIVE allows. */
const FULL_CHANGES: readonly Change[] = [
  addField,
  addField,
  removeField,
  reorderFields,
  reorderUnion,
  addSymbol,
  textOrBytes,
]
/** What only a newer reader of older records may do. */
const READER_CHANGES: readonly Change[] = [widenNumber, widenNumber, widenUnion, addField]

/** Later versions that read each other and all of `history`, both ways. */
export function fullVersions(history: readonly string[], count: number, seed: number): string[] {
  const accepted = [...history]
  for (let attempt = 0; accepted.length < history.length + count; attempt++) {
    const chance = chanceOf(seed, attempt)
    const next = changed(chance.pick(accepted), FULL_CHANGES, chance, attempt)
    const fits = accepted.every((other) => fullCompatibilityDifferences(other, next).length === 0)
    if (fits && !accepted.includes(next)) accepted.push(next)
  }
  return accepted
}

/** Readers that take wider numbers and unions than `writer` has. Their own records it need not be able to read. */
export function widerReaders(writer: string, count: number, seed: number): string[] {
  const found = new Set<string>()
  for (let attempt = 0; found.size < count; attempt++) {
    const chance = chanceOf(seed, attempt)
    const next = changed(writer, READER_CHANGES, chance, attempt)
    if (next !== writer) found.add(next)
  }
  return [...found]
}

function changed(schemaJson: string, changes: readonly Change[], chance: Chance, serial: number): string {
  const schema = JSON.parse(schemaJson) as SchemaJson
  for (let made = 0, left = 1 + chance.int(3); made < left; made++)
    chance.pick(changes)(schema, chance, serial * 10 + made)
  return JSON.stringify(schema)
}

function addField(schema: SchemaJson, chance: Chance, serial: number): boolean {
  const { fields } = chance.pick(recordsIn(schema))
  fields.splice(chance.int(fields.length + 1), 0, {
    name: `later${serial}`,
    ...chance.pick(laterTypes(serial)),
  })
  return true
}

function laterTypes(serial: number): Omit<FieldJson, 'name'>[] {
  const symbols = ['a', 'b', 'c']
  const kind: SchemaJson = { type: 'enum', name: `Kind${serial}`, symbols, default: 'a' }
  const inner: SchemaJson = {
    type: 'record',
    name: `Inner${serial}`,
    fields: [
      { name: 'text', type: 'string' },
      { name: 'numbers', type: { type: 'array', items: 'double' }, default: [] },
    ],
  }
  return [
    { type: 'string', default: 'ø' },
    { type: 'int', default: -3 },
    { type: 'long', default: 2 ** 40 },
    { type: 'double', default: 0.25 },
    { type: 'float', default: 1.5 },
    { type: 'boolean', default: true },
    { type: 'bytes', default: '\u00ff\u0000' },
    { type: ['null', 'string'], default: null },
    { type: ['long', 'null'], default: 7 },
    { type: ['null', inner], default: null },
    { type: inner, default: { text: 'x', numbers: [1, 2.5] } },
    { type: { type: 'map', values: ['null', 'long'] }, default: { a: null } },
    { type: { type: 'array', items: kind }, default: ['b'] },
    { type: { type: 'fixed', name: `Fixed${serial}`, size: 3 }, default: '\u0001\u0002\u0003' },
  ]
}

function removeField(schema: SchemaJson, chance: Chance): boolean {
  const { fields } = chance.pick(recordsIn(schema))
  const optional = fields.filter((field) => field.default !== undefined)
  if (optional.length === 0 || fields.length === 1) return false
  fields.splice(fields.indexOf(chance.pick(optional)), 1)
  return true
}

function reorderFields(schema: SchemaJson, chance: Chance): boolean {
  const { fields } = chance.pick(recordsIn(schema))
  for (let at = fields.length - 1; at > 0; at--) {
    const other = chance.int(at + 1)
    ;[fields[at], fields[other]] = [fields[other]!, fields[at]!]
  }
  return true
}

/** A default is one of the first branch: with the branches turned round it goes. */
function reorderUnion(schema: SchemaJson, chance: Chance): boolean {
  const field = pickField(schema, chance, ({ type }) => Array.isArray(type))
  if (field === undefined) return false
  ;(field.type as SchemaJson[]).reverse()
  delete field.default
  return true
}

function addSymbol(schema: SchemaJson, chance: Chance, serial: number): boolean {
  const enums = enumsIn(schema).filter((type) => type.default !== undefined)
  if (enums.length === 0) return false
  chance.pick(enums).symbols.push(`later${serial}`)
  return true
}

/** Avro lets one be read as the other. */
function textOrBytes(schema: SchemaJson, chance: Chance): boolean {
  const field = pickField(schema, chance, ({ type }) => type === 'string' || type === 'bytes')
  if (field === undefined) return false
  field.type = field.type === 'string' ? 'bytes' : 'string'
  return true
}

function widenNumber(schema: SchemaJson, chance: Chance): boolean {
  const wider: Record<string, string[]> = {
    int: ['long', 'float', 'double'],
    long: ['double'],
    float: ['double'],
  }
  const field = pickField(schema, chance, ({ type }) => typeof type === 'string' && type in wider)
  if (field === undefined) return false
  field.type = chance.pick(wider[field.type as string]!)
  return true
}

function widenUnion(schema: SchemaJson, chance: Chance): boolean {
  const field = pickField(schema, chance, ({ type }) => type === 'string' || Array.isArray(type))
  if (field === undefined) return false
  if (Array.isArray(field.type)) {
    if (!field.type.includes('boolean')) field.type.push('boolean')
  } else if (chance.int(2) === 0) {
    field.type = [field.type, 'boolean']
  } else {
    field.type = ['null', field.type]
    if (field.default !== undefined) field.default = null
  }
  return true
}

function pickField(
  schema: SchemaJson,
  chance: Chance,
  fits: (field: FieldJson) => boolean,
): FieldJson | undefined {
  const fields = recordsIn(schema).flatMap((record) => record.fields.filter(fits))
  return fields.length === 0 ? undefined : chance.pick(fields)
}
