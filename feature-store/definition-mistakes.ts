import type { AttributeKind } from './attributes/attributes-layout.ts'
import { kindOf, nameOfDefinition, type ParsedDefinition } from './definitions.ts'
import { policyMistakes } from './origins.ts'
import { MISSING_SUFFIX, type Source } from './vectors/columns.ts'

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

/** What is wrong with definitions that a shape cannot say: names nobody declared, names twice, and what its kind knows. */
export function definitionMistakes(config: DeclaredNames): Mistake[] {
  const mistakes: Mistake[] = []
  const seen = new Map<string, number>()
  for (const [index, definition] of config.features.entries()) {
    const mistake = (setting: string, message: string) =>
      void mistakes.push({ path: ['features', index, setting], message })
    const name = nameOfDefinition(definition)
    const other = seen.get(name)
    if (other !== undefined)
      mistake('name', `features.${String(other)} is called ${name} too; give one of them a name`)
    seen.set(name, index)
    tellTakenColumn(name, config.features, mistake)
    tellUndeclared(definition, config, mistake)
    policyMistakes(definition, mistake)
    kindOf(definition).mistakes(definition, {
      attributeKind: (from, attribute) => declaredKind(config, from, attribute),
      featureNamed: (wanted) => config.features.find((other) => nameOfDefinition(other) === wanted),
      isBefore: (wanted) => config.features.findIndex((one) => nameOfDefinition(one) === wanted) < index,
      mistake,
    })
  }
  return mistakes
}

/** `price__missing` is the column in which a feature `price` says that it knows nothing. */
function tellTakenColumn(
  name: string,
  features: readonly ParsedDefinition[],
  mistake: (setting: string, message: string) => void,
): void {
  const of = name.endsWith(MISSING_SUFFIX) ? name.slice(0, -MISSING_SUFFIX.length) : undefined
  if (of === undefined || !features.some((other) => nameOfDefinition(other) === of)) return
  mistake('name', `${name} is a column of ${of}; give this feature another name`)
}

function tellUndeclared(
  definition: ParsedDefinition,
  config: DeclaredNames,
  mistake: (setting: string, message: string) => void,
): void {
  const { interactionTypes, attributes } = kindOf(definition).uses(definition)
  for (const [setting, types] of Object.entries(interactionTypes)) {
    for (const type of types) {
      if (config.interactionTypes.includes(type)) continue
      const known = list(config.interactionTypes)
      mistake(setting, `${type} is not an interaction type; add it to interactionTypes or use ${known}`)
    }
  }
  for (const { setting, from, attribute } of attributes) {
    if (declaredKind(config, from, attribute) !== undefined) continue
    const known = list(Object.keys(config.attributes[from]))
    mistake(setting, `${attribute} is not declared; add it to attributes.${from} or use ${known}`)
  }
}

function declaredKind(
  { attributes }: DeclaredNames,
  from: Source,
  attribute: string,
): AttributeKind | undefined {
  return Object.hasOwn(attributes[from], attribute) ? attributes[from][attribute] : undefined
}

const list = (names: readonly string[]) => (names.length === 0 ? 'nothing yet' : names.join(', '))
