import type { Attribute } from '#schemas'
import { valueOf, type AttributeValue } from '../attributes/attributes-state.ts'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { entityView, type EntityView } from './entity-view.ts'

const NO_CONTEXT: ReadonlyMap<string, AttributeValue> = new Map()

/** Declared context attributes of a request, those of the wrong kind as missing. */
export function contextValues(
  { config }: CompiledFeatureSet,
  context: readonly Attribute[],
): ReadonlyMap<string, AttributeValue> {
  if (context.length === 0) return NO_CONTEXT
  const declared = config.attributes.context
  return new Map(
    context.flatMap((attribute) => {
      const kind = Object.hasOwn(declared, attribute.name) ? declared[attribute.name] : undefined
      return kind === undefined ? [] : [[attribute.name, valueOf(attribute, kind)] as const]
    }),
  )
}

/**
 * Computes the rows of one request into `vectors` and `flags` (zeroed, rows x width), from row `firstRow` on.
 * What does not depend on the candidate is computed once.
 */
export function vectorise(
  { groups, layouts, width }: CompiledFeatureSet,
  request: { user: EntityView; items: readonly EntityView[]; context: ReadonlyMap<string, AttributeValue> },
  vectors: Float32Array,
  flags: Uint8Array,
  firstRow: number,
): void {
  const { user, items, context } = request
  const nobody = entityView(layouts.item, null, null, user.atMs, false)
  const shared = new Float32Array(width)
  const sharedFlags = new Uint8Array(width)
  for (const group of groups) {
    if (group.scope === 'request') group.write({ user, item: nobody, context }, shared, sharedFlags, group.at)
  }
  for (const [index, item] of items.entries()) {
    const base = (firstRow + index) * width
    vectors.set(shared, base)
    flags.set(sharedFlags, base)
    const input = { user, item, context }
    for (const group of groups)
      if (group.scope === 'candidate') group.write(input, vectors, flags, base + group.at)
  }
}
