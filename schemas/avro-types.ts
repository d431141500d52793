import type { Type, types } from 'avsc'

/**
 * The fewest bytes a value of each type can take: a lower bound, since what is still being computed (recursion)
 * counts as nothing.
 */
export function createBytesMin(): (type: Type) => number {
  const known = new Map<Type, number>()
  return function bytesMin(type) {
    const before = known.get(type)
    if (before !== undefined) return before
    known.set(type, 0)
    const min = compute(type)
    known.set(type, min)
    return min

    function compute(type: Type): number {
      switch (type.typeName) {
        case 'null':
          return 0
        case 'float':
          return 4
        case 'double':
          return 8
        case 'fixed':
          return (type as types.FixedType).size
        case 'record':
        case 'error':
          return (type as types.RecordType).fields.reduce((sum, field) => sum + bytesMin(field.type), 0)
        case 'union:unwrapped':
        case 'union:wrapped':
          return 1 + Math.min(...(type as types.UnwrappedUnionType).types.map(bytesMin))
        default:
          return 1
      }
    }
  }
}

/** How a writer's field is read: not at all, as what it is, or its bytes as a string (which Avro allows). */
export type Reading = 'skipped' | 'read' | 'readAsText'

type FieldsRead = ReadonlyMap<string | undefined, ReadonlyMap<string, Reading>>

/**
 * How the reader's records read their fields, by record name and field name, aliases included. A writer's record of the
 * same name in another place counts as read as well.
 */
export function fieldsRead(type: Type | undefined): FieldsRead {
  const found = new Map<string | undefined, ReadonlyMap<string, Reading>>()
  if (type !== undefined) visit(type)
  return found

  function visit(visited: Type): void {
    if (isRecord(visited)) visitRecord(visited)
    else partsOf(visited).forEach(visit)
  }

  function visitRecord(record: types.RecordType): void {
    if (found.has(record.name)) return
    const fields = new Map(
      record.fields.flatMap(({ name, aliases, type }) =>
        [name, ...aliases].map((called) => [called, isText(type) ? 'readAsText' : 'read'] as const),
      ),
    )
    for (const name of [record.name, ...(record.aliases ?? [])]) found.set(name, fields)
    record.fields.forEach((field) => visit(field.type))
  }
}

/** Whether bytes found here would become a string: there are strings, and no bytes. */
function isText(type: Type): boolean {
  const leaves = (visited: Type): string[] => {
    const parts = isRecord(visited) ? [] : partsOf(visited)
    return parts.length === 0 ? [visited.typeName] : parts.flatMap(leaves)
  }
  const names = leaves(type)
  return names.includes('string') && !names.includes('bytes')
}

function isRecord(type: Type): type is types.RecordType {
  return type.typeName === 'record' || type.typeName === 'error'
}

/** What an array, a map or a union is made of. */
function partsOf(type: Type): readonly Type[] {
  switch (type.typeName) {
    case 'array':
      return [(type as types.ArrayType).itemsType]
    case 'map':
      return [(type as types.MapType).valuesType as Type]
    case 'union:unwrapped':
    case 'union:wrapped':
      return (type as types.UnwrappedUnionType).types
    default:
      return []
  }
}
