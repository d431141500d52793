import { attributesLayout, type AttributesLayout } from './attributes/attributes-layout.ts'
import { canonicalHash } from './canonical-hash.ts'
import type { FeatureStoreConfig } from './config.ts'
import type { FeatureSet } from './contract.ts'
import { nameOfDefinition, type ParsedDefinition } from './definitions.ts'
import { buildLayout, type StateLayout } from './state/layout.ts'
import { compileColumns, type ColumnGroup } from './vectors/columns.ts'

/** Changes when the same definitions begin to mean other numbers. */
const VECTOR_FORMAT = 1

/** A feature set with all that is needed to fold states and to compute vectors from them. */
export interface CompiledFeatureSet extends FeatureSet {
  readonly config: FeatureStoreConfig
  readonly layouts: {
    readonly user: StateLayout
    readonly item: StateLayout
    readonly userAttributes: AttributesLayout
    readonly itemAttributes: AttributesLayout
  }
  readonly groups: readonly ColumnGroup[]
  /** Whether a vector needs these blobs at all. */
  readonly reads: { userAttributes: boolean; itemAttributes: boolean }
}

/**
 * Compiles the configured definitions, in their order, to column names, state layouts and column writers.
 * The id is a hash of the definitions and the declared kinds of the attributes they use: equal ids, equal vectors.
 */
export function compileFeatureSet(config: FeatureStoreConfig): CompiledFeatureSet {
  const builders = { user: buildLayout('user'), item: buildLayout('item') }
  const used = { user: new Set<string>(), item: new Set<string>() }
  const fixed = new Set<string>()
  for (const definition of config.features) {
    for (const { from, attribute } of attributesUsedBy(definition))
      if (from !== 'context') used[from].add(attribute)
    if (definition.kind === 'cross') fixed.add(definition.by)
  }
  const attributes = {
    user: attributesLayout('user', config.attributes.user, used.user, []),
    item: attributesLayout('item', config.attributes.item, used.item, [...fixed].sort()),
  }
  const groups: ColumnGroup[] = []
  const names: string[] = []
  for (const definition of config.features) {
    const group = compileColumns(definition, names.length, { builders, attributes })
    groups.push(group)
    names.push(...group.names)
  }
  return {
    id: featureSetId(config, used),
    names,
    width: names.length,
    config,
    layouts: {
      user: builders.user.finish(),
      item: builders.item.finish(),
      userAttributes: attributes.user,
      itemAttributes: attributes.item,
    },
    groups,
    reads: {
      userAttributes: used.user.size > 0 || usesAge(config, 'user'),
      itemAttributes: used.item.size > 0 || usesAge(config, 'item'),
    },
  }
}

function featureSetId(config: FeatureStoreConfig, used: Record<'user' | 'item', Set<string>>): string {
  const definitions = config.features.map((definition) => ({
    ...definition,
    name: nameOfDefinition(definition),
  }))
  const kinds = (entity: 'user' | 'item') =>
    [...used[entity]].sort().map((name) => [name, config.attributes[entity][name]])
  return `fs-${canonicalHash({ format: VECTOR_FORMAT, definitions, user: kinds('user'), item: kinds('item') })}`
}

const usesAge = (config: FeatureStoreConfig, entity: 'user' | 'item') =>
  config.features.some((definition) => definition.kind === 'age' && definition.entity === entity)

function attributesUsedBy(
  definition: ParsedDefinition,
): { from: 'user' | 'item' | 'context'; attribute: string }[] {
  switch (definition.kind) {
    case 'attribute':
      return [{ from: definition.entity, attribute: definition.attribute }]
    case 'contextAttribute':
      return [{ from: 'context', attribute: definition.attribute }]
    case 'cross':
      return [{ from: 'item', attribute: definition.by }]
    case 'product':
      return [definition.left, definition.right]
    default:
      return []
  }
}
