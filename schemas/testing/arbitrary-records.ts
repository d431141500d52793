import type { Type, types } from 'avsc'
import * as fc from 'fast-check'

/** Any value of an Avro type that JavaScript can hold. For flat schemas: recursive ones do not end. */
export function arbitraryOf(type: Type): fc.Arbitrary<unknown> {
  switch (type.typeName) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.oneof(
        fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
        fc.integer({ min: -70, max: 70 }),
      )
    case 'long':
      return fc.oneof(
        fc.maxSafeInteger().filter((n) => n <= 2 ** 53 - 2 && n > -(2 ** 52)),
        fc.integer(),
      )
    case 'float':
      return fc.float({ noNaN: true })
    case 'double':
      return fc.double({ noNaN: true })
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 100 })
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    case 'fixed': {
      const { size } = type as types.FixedType
      return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes))
    }
    case 'enum':
      return fc.constantFrom(...(type as types.EnumType).symbols)
    case 'array':
      return fc.array(arbitraryOf((type as types.ArrayType).itemsType), { maxLength: 20 })
    case 'map':
      return fc.dictionary(
        fc.string({ unit: 'grapheme', maxLength: 10 }),
        arbitraryOf((type as types.MapType).valuesType as Type),
        { maxKeys: 5, noNullPrototype: true },
      )
    case 'union:unwrapped':
      return fc.oneof(...(type as types.UnwrappedUnionType).types.map(arbitraryOf))
    case 'record':
      return fc.record(
        Object.fromEntries(
          (type as types.RecordType).fields.map((field) => [field.name, arbitraryOf(field.type)]),
        ),
        { noNullPrototype: true },
      )
    default:
      throw new Error(`no arbitrary for ${type.typeName}`)
  }
}
