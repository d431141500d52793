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

/**
 * The field names (aliases too) that each record of a type reads, by record name (aliases too). A record of that
 * name that a writer has elsewhere counts as read, too.
 */
export function fieldsRead(type: Type | undefined): ReadonlyMap<string | undefined, ReadonlySet<string>> {
  const found = new Map<string | undefined, ReadonlySet<string>>()
  if (type !== undefined) visit(type)
  return found

  function visit(visited: Type): void {
    switch (visited.typeName) {
      case 'array':
        return visit((visited as types.ArrayType).itemsType)
      case 'map':
        return visit((visited as types.MapType).valuesType as Type)
      case 'union:unwrapped':
      case 'union:wrapped':
        return (visited as types.UnwrappedUnionType).types.forEach(visit)
      case 'record':
      case 'error':
        return visitRecord(visited as types.RecordType)
    }
  }

  function visitRecord(record: types.RecordType): void {
    if (found.has(record.name)) return
    const fields = new Set(record.fields.flatMap((field) => [field.name, ...field.aliases]))
    for (const name of [record.name, ...(record.aliases ?? [])]) found.set(name, fields)
    record.fields.forEach((field) => visit(field.type))
  }
}
