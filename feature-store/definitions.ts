import { z } from 'zod'
import * as kinds from './kinds/index.ts'
import type { FeatureKind, KindSchema } from './kinds/parts/feature-kind.ts'

type Kinds = typeof kinds
type KindName = keyof Kinds
type AnySchema = Kinds[KindName]['kind']['schema']
type Named<Name extends string> = KindSchema & z.ZodObject<{ kind: z.ZodLiteral<Name> }>

/** The compiler refuses a line of the list that is no kind, or one under another name than its own. */
const KINDS: { readonly [Name in KindName]: { readonly kind: FeatureKind<Named<Name>> } } = kinds

export const KIND_NAMES = Object.keys(KINDS).sort() as KindName[]

const schemas = KIND_NAMES.map((name) => kinds[name].kind.schema) as [AnySchema, ...AnySchema[]]
export const featureDefinitionSchema = z.discriminatedUnion('kind', schemas)

/** A feature as written in the configuration. */
export type FeatureDefinition = z.input<AnySchema>
/** The same with defaults filled in. */
export type ParsedDefinition = z.output<AnySchema>

/** All that is known of a definition's kind. */
export const kindOf = ({ kind }: FeatureDefinition): FeatureKind<AnySchema> => kinds[kind].kind

/** The name of a definition's columns (the column itself, or the part before `=value`). */
export function nameOfDefinition(definition: FeatureDefinition): string {
  return definition.name ?? kindOf(definition).nameOf(definition)
}
