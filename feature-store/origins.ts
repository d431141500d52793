import { kindOf, nameOfDefinition, type ParsedDefinition } from './definitions.ts'
import type { LayoutBuilders } from './kinds/parts/feature-kind.ts'
import type { RowInput } from './vectors/columns.ts'
import type { EntityView } from './vectors/entity-view.ts'

/** What a feature is made of. */
export interface Origin {
  /** Whose states, and by what interactions they come about; none: no interaction has a part in it. */
  readonly states: readonly ('user' | 'item')[]
  readonly types: readonly string[]
  readonly attributes: readonly ('user' | 'item')[]
  /** Something of it comes with the request. */
  readonly context: boolean
  readonly firstSeen: 'user' | 'item' | null
}

export function originOf(definition: ParsedDefinition): Origin {
  const kind = kindOf(definition)
  const { interactionTypes, attributes, firstSeen } = kind.uses(definition)
  const types = [...new Set(Object.values(interactionTypes).flat())].sort()
  const states = kind.states?.(definition) ?? ['entity' in definition ? definition.entity : 'user']
  const described = (['user', 'item'] as const).filter((one) => attributes.some(({ from }) => from === one))
  const context = attributes.some(({ from }) => from === 'context')
  return { states: types.length === 0 ? [] : states, types, attributes: described, context, firstSeen }
}

/** Whether it has an age: it is made of what happened, or of attributes that somebody told at some time. */
export const hasAge = ({ states, attributes }: Pick<Origin, 'states' | 'attributes'>): boolean =>
  states.length + attributes.length > 0

/** Whether it says the same of all candidates of a request. */
export const isOfRequest = ({ states, attributes, context, firstSeen }: Origin): boolean =>
  (hasAge({ states, attributes }) || context || firstSeen !== null) &&
  firstSeen !== 'item' &&
  !states.includes('item') &&
  !attributes.includes('item')

/** Event time of the newest evidence behind a row's feature; -1: there is none; Infinity: it needs none. */
export type NewestEvidence = (input: RowInput) => number

/**
 * Reserves what says when the newest evidence came. Of several entities the one counts that was told of longest ago; of a
 * feature of interactions and attributes (a cross) only the interactions do.
 */
export function reserveEvidence(definition: ParsedDefinition, layouts: LayoutBuilders): NewestEvidence {
  const { states, types, attributes } = originOf(definition)
  if (states.length > 0) {
    const places = states.map((entity) => [entity, layouts[entity].recency(types)] as const)
    return (input) => Math.min(...places.map(([entity, place]) => recencyAt(input[entity], place)))
  }
  if (attributes.length === 0) return () => Infinity
  return (input) => Math.min(...attributes.map((entity) => input[entity].valuesAtMs))
}

const recencyAt = ({ state, layout }: EntityView, place: number): number =>
  state === null ? -1 : state.numbers[layout.places.recencies + place]!

/** What is wrong with what a definition says of a missing value. */
export function policyMistakes(
  definition: ParsedDefinition,
  mistake: (setting: string, message: string) => void,
): void {
  const { maxAgeMinutes, whenMissing, default: value, kind } = definition
  const origin = originOf(definition)
  const name = nameOfDefinition(definition)
  if (kind === 'position' && [maxAgeMinutes, whenMissing, value].some((said) => said !== undefined))
    mistake('whenMissing', 'a place is always there; leave maxAgeMinutes, whenMissing and default out')
  if (maxAgeMinutes !== undefined && !hasAge(origin))
    mistake('maxAgeMinutes', `${name} has no age: it is made at the request; leave it out`)
  if (value !== undefined && maxAgeMinutes === undefined && whenMissing === undefined)
    mistake('default', "say when it is taken: give maxAgeMinutes, or whenMissing: 'default'")
  if (value !== undefined && isName(definition))
    mistake('default', 'its columns are names and no quantities, 0 where nothing is known; leave it out')
  if (whenMissing === 'dropCandidate' && isOfRequest(origin))
    mistake(
      'whenMissing',
      `${name} says the same of all candidates: without it none would be scored; use 'flag'`,
    )
}

function isName(definition: ParsedDefinition): boolean {
  const [first] = kindOf(definition).units(definition)
  return first === undefined || first.text === 'bucket'
}
