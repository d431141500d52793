import type { Attribute } from '#schemas'
import { valueAfter, type AttributeValue } from '../attributes/attributes-state.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import type { ListRows } from './columns.ts'
import { entityView, type EntityView } from './entity-view.ts'

const NO_CONTEXT: ReadonlyMap<string, AttributeValue> = new Map()

/** Declared context attributes of a request, those of the wrong kind as missing. */
export function contextValues(
  { config }: CompiledFeatureSet,
  context: readonly Attribute[],
): ReadonlyMap<string, AttributeValue> {
  if (context.length === 0) return NO_CONTEXT
  const declared = config.attributes.context
  const values = new Map<string, AttributeValue>()
  for (const attribute of context) {
    const { name } = attribute
    const kind = Object.hasOwn(declared, name) ? declared[name] : undefined
    if (kind !== undefined) values.set(name, valueAfter(values.get(name) ?? null, attribute, kind))
  }
  return values
}

/**
 * Computes the rows of one request into `vectors` and `flags` (zeroed, rows x width), from row `firstRow` on.
 * What does not depend on the candidate is computed once.
 */
export function vectorise(
  { groups, layouts, width }: CompiledFeatureSet,
  request: {
    user: EntityView
    items: readonly EntityView[]
    context: ReadonlyMap<string, AttributeValue>
    feedRates: Float64Array
    /** Of the whole request, when these are some of its items; left out: these are all. */
    candidates?: number
  },
  vectors: Float32Array,
  flags: Uint8Array,
  firstRow: number,
): void {
  const { user, items, context, feedRates } = request
  const nobody = entityView(layouts.item, null, null, { id: '', atMs: user.atMs, stale: false })
  const shared = new Float32Array(width)
  const sharedFlags = new Uint8Array(width)
  const { candidates = items.length } = request
  const whole = { user, item: nobody, context, candidates, feedRates }
  for (const group of groups) {
    if (group.scope === 'request') group.write(whole, shared, sharedFlags, group.at)
  }
  for (const [index, item] of items.entries()) {
    const base = (firstRow + index) * width
    vectors.set(shared, base)
    flags.set(sharedFlags, base)
    const input = { user, item, context, candidates, feedRates }
    for (const group of groups)
      if (group.scope === 'candidate') group.write(input, vectors, flags, base + group.at)
  }
  writeLists({ groups }, { vectors, flags, base: firstRow * width, count: items.length, width })
}

/** The columns that say how the candidates of a request stand to each other, from their other columns. */
export function writeLists({ groups }: Pick<CompiledFeatureSet, 'groups'>, rows: ListRows): void {
  for (const group of groups) if (group.scope === 'list') group.writeList(rows, group.at)
}
