import { nameOfDefinition, type ParsedDefinition } from './definitions.ts'

type AttributeKind = 'text' | 'number'
type Source = 'user' | 'item' | 'context'

/** The part of the configuration that definitions are checked against. */
export interface DeclaredNames {
  interactionTypes: readonly string[]
  attributes: Record<Source, Record<string, AttributeKind>>
  features: readonly ParsedDefinition[]
}

export interface Mistake {
  path: (string | number)[]
  message: string
}

export const WINDOW_BUCKETS_MAX = 60

/** What is wrong with definitions that a shape cannot say: names nobody declared, windows that do not divide. */
export function definitionMistakes(config: DeclaredNames): Mistake[] {
  const mistakes: Mistake[] = []
  const seen = new Map<string, number>()
  for (const [index, definition] of config.features.entries()) {
    const at = (field: string, message: string) =>
      mistakes.push({ path: ['features', index, field], message })
    const name = nameOfDefinition(definition)
    const other = seen.get(name)
    if (other !== undefined)
      at('name', `features.${String(other)} is called ${name} too; give one of them a name`)
    seen.set(name, index)
    for (const field of ['of', 'per'] as const) {
      const types = field in definition ? (definition as { of?: string[]; per?: string[] })[field] : undefined
      for (const type of types ?? []) {
        if (!config.interactionTypes.includes(type)) {
          at(
            field,
            `${type} is not an interaction type; add it to interactionTypes or use ${list(config.interactionTypes)}`,
          )
        }
      }
    }
    checkAttributes(definition, config, at)
    if (definition.kind === 'windowedCount') {
      const buckets = definition.windowMinutes / definition.bucketMinutes
      if (!Number.isInteger(buckets) || buckets > WINDOW_BUCKETS_MAX) {
        at(
          'bucketMinutes',
          `must divide windowMinutes (${String(definition.windowMinutes)}) into 1-${String(WINDOW_BUCKETS_MAX)} buckets`,
        )
      }
    }
  }
  return mistakes
}

function checkAttributes(
  definition: ParsedDefinition,
  { attributes }: DeclaredNames,
  at: (field: string, message: string) => void,
): void {
  const kindOf = (field: string, source: Source, name: string): AttributeKind | undefined => {
    const kind = Object.hasOwn(attributes[source], name) ? attributes[source][name] : undefined
    if (kind === undefined) {
      at(
        field,
        `${name} is not declared; add it to attributes.${source} or use ${list(Object.keys(attributes[source]))}`,
      )
    }
    return kind
  }
  const wrongKind = (field: string, name: string, kind: AttributeKind, wanted: string) => {
    at(field, `${name} is declared as ${kind}; ${wanted}`)
  }
  switch (definition.kind) {
    case 'attribute':
    case 'contextAttribute': {
      const source = definition.kind === 'attribute' ? definition.entity : 'context'
      const kind = kindOf('attribute', source, definition.attribute)
      if (kind === 'text' && definition.as === 'number') {
        wrongKind('as', definition.attribute, kind, 'use { oneHot: [...] } or { hashed: n }')
      }
      if (kind === 'number' && definition.as !== 'number')
        wrongKind('as', definition.attribute, kind, "use 'number'")
      if (definition.as !== 'number' && definition.scale !== undefined)
        at('scale', 'only a number can be scaled; leave it out')
      return
    }
    case 'cross': {
      const kind = kindOf('by', 'item', definition.by)
      if (kind === 'number' && definition.bands === undefined)
        wrongKind('bands', definition.by, kind, 'say where to cut it')
      if (kind === 'text' && definition.bands !== undefined)
        wrongKind('bands', definition.by, kind, 'leave bands out')
      const ascending = (definition.bands ?? []).every((bound, i, all) => i === 0 || all[i - 1]! < bound)
      if (!ascending) at('bands', 'must ascend')
      return
    }
    case 'product':
      for (const field of ['left', 'right'] as const) {
        const { from, attribute } = definition[field]
        if (kindOf(field, from, attribute) === 'number')
          wrongKind(field, attribute, 'number', 'a product takes texts')
      }
      return
    default:
      return
  }
}

const list = (names: readonly string[]) => (names.length === 0 ? 'nothing yet' : names.join(', '))
