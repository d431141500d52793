import type { z } from 'zod'
import type { AttributeKind, AttributesLayout } from '../../attributes/attributes-layout.ts'
import type { FeedRatesBuilder } from '../../state/feed-rates.ts'
import type { LayoutBuilder } from '../../state/layout.ts'
import type { Columns, Source } from '../../vectors/columns.ts'
import type { NumberScale } from '../../vectors/scales.ts'
import type { Unit } from '../../vectors/units.ts'

/** Of a definition of one kind: strict, discriminated by `kind`, with an optional name. */
export type KindSchema = z.ZodObject<{
  kind: z.ZodLiteral<string>
  name: z.ZodOptional<z.ZodString>
  maxAgeMinutes: z.ZodOptional<z.ZodNumber>
  whenMissing: z.ZodOptional<z.ZodEnum<{ default: 'default'; flag: 'flag'; dropCandidate: 'dropCandidate' }>>
  default: z.ZodOptional<z.ZodNumber>
}>

export interface UsedAttribute {
  setting: string
  from: Source
  attribute: string
  /** It is taken as a number, on this scale. */
  number?: { scale: NumberScale | undefined } | undefined
}

/** What a definition refers to that must be declared elsewhere in the configuration. */
export interface Uses {
  /** By the setting that names them. */
  interactionTypes: Readonly<Record<string, readonly string[]>>
  attributes: readonly UsedAttribute[]
  /** Whose first attribute record it needs, whatever that says. */
  firstSeen: 'user' | 'item' | null
}

export const USES_NOTHING: Uses = { interactionTypes: {}, attributes: [], firstSeen: null }

/** To tell what is wrong with one definition. */
export interface DefinitionCheck {
  /** As declared; undefined when it is not, which was told already. */
  attributeKind(from: Source, attribute: string): AttributeKind | undefined
  /** Another definition by its name. */
  featureNamed(name: string): { readonly kind: string; readonly entity?: string } | undefined
  /** Whether the feature of this name stands before this one in the list. */
  isBefore(name: string): boolean
  mistake(setting: string, message: string): void
}

export interface LayoutBuilders {
  readonly user: LayoutBuilder
  readonly item: LayoutBuilder
  readonly feed: FeedRatesBuilder
}

export interface AttributesLayouts {
  readonly user: AttributesLayout
  readonly item: AttributesLayout
}

/** Where the first column of the feature of this name is. Known when vectors are written, not before. */
export type PlaceOf = (feature: string) => number

/** All that makes a kind. `Slots`: where its numbers are in the state. */
export interface KindParts<S extends KindSchema, Slots> {
  /** What its numbers say, for people. */
  meaning: string
  /** Settings for the demo's feed. */
  example: Omit<z.input<S>, 'kind'>
  /** Of its columns, in their order; those that it does not tell say 0 or 1. */
  units(definition: z.output<S>): readonly Unit[]
  /** Whose states it reads, when that is not what its setting `entity` says, or the user. */
  states?(definition: z.output<S>): readonly ('user' | 'item')[]
  /** The column's name, or the part before `=value`, when the definition gives none. */
  nameOf(definition: z.input<S>): string
  uses(definition: z.output<S>): Uses
  /** Tells what neither the schema nor `uses` can say. */
  mistakes(definition: z.output<S>, check: DefinitionCheck): void
  /** Reserves what must be stored. Definitions that ask for the same slot share it. */
  state(definition: z.output<S>, layouts: LayoutBuilders): Slots
  columns(definition: z.output<S>, slots: Slots, attributes: AttributesLayouts, placeOf: PlaceOf): Columns
}

/** A kind as the feature store sees it: the slots stay between its state and its columns. */
export interface FeatureKind<S extends KindSchema> {
  readonly schema: S
  readonly meaning: string
  readonly example: Omit<z.input<S>, 'kind'>
  units(definition: z.output<S>): readonly Unit[]
  states?(definition: z.output<S>): readonly ('user' | 'item')[]
  nameOf(definition: z.input<S>): string
  uses(definition: z.output<S>): Uses
  mistakes(definition: z.output<S>, check: DefinitionCheck): void
  /** Two steps: which attributes are stored is known only when every definition has reserved its state. */
  reserve(
    definition: z.output<S>,
    layouts: LayoutBuilders,
  ): { columns(attributes: AttributesLayouts, placeOf: PlaceOf): Columns }
}

/** What a feed file calls: options to definition. */
export interface FeatureBuilder<S extends KindSchema> {
  (options: Omit<z.input<S>, 'kind'>): z.input<S>
  readonly kind: FeatureKind<S>
}

/** Makes a kind's builder, with the kind on it. */
export function defineKind<S extends KindSchema, Slots>(
  schema: S,
  { state, columns, ...parts }: KindParts<S, Slots>,
): FeatureBuilder<S> {
  const kind: FeatureKind<S> = {
    schema,
    ...parts,
    reserve(definition, layouts) {
      const slots = state(definition, layouts)
      return { columns: (attributes, placeOf) => columns(definition, slots, attributes, placeOf) }
    },
  }
  const name = schema.shape.kind.value
  return Object.assign((options: Omit<z.input<S>, 'kind'>) => ({ kind: name, ...options }) as z.input<S>, {
    kind,
  })
}
