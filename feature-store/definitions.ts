import { z } from 'zod'

/** Names of features, types and attributes: short, printable, the same in every language. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must be 1-64 letters, digits, _ . - and begin with a letter')

const minutes = (text: string) =>
  z.number().positive().max(525_600).describe(`${text}, minutes of event time`)
const name = nameSchema.optional().describe('column name; made from the other settings when left out')
const of = z.array(nameSchema).min(1).max(64).describe('interaction types')
const entity = z.enum(['user', 'item'])
const valueText = z.string().min(1).max(64)

const smoothing = {
  of: of.describe('interaction types that count as success'),
  per: of.describe('interaction types that count as trial'),
  prior: z.number().gt(0).lt(1).describe('the rate believed before any evidence'),
  strength: z.number().positive().max(1e6).describe('how many trials the prior is worth'),
}

const numberScale = z.strictObject({
  subtract: z.number().default(0),
  divide: z.number().positive().default(1),
  log1p: z.boolean().default(false).describe('take ln(1 + x) first, for counts and prices with long tails'),
})

/** How an attribute becomes columns. `hashed` spreads an open vocabulary over a fixed number of columns. */
const attributeAs = z.union([
  z.literal('number'),
  z.strictObject({ oneHot: z.array(valueText).min(1).max(256) }),
  z.strictObject({ hashed: z.int().min(2).max(1024) }),
])

const side = z.strictObject({
  from: z.enum(['user', 'item', 'context']),
  attribute: nameSchema,
  values: z.array(valueText).min(1).max(64),
})

export const featureDefinitionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('decayedCount'),
    entity,
    name,
    of,
    halfLifeMinutes: minutes('half-life'),
  }),
  z.strictObject({
    kind: z.literal('windowedCount'),
    entity,
    name,
    of,
    windowMinutes: minutes('window'),
    bucketMinutes: minutes('bucket; the window is a whole number of buckets, at most 60'),
  }),
  z.strictObject({
    kind: z.literal('smoothedRate'),
    entity,
    name,
    ...smoothing,
    halfLifeMinutes: minutes('half-life')
      .optional()
      .describe('left out: everything counts the same for ever'),
  }),
  z.strictObject({ kind: z.literal('recency'), entity, name, of }),
  z.strictObject({ kind: z.literal('age'), entity, name }),
  z.strictObject({
    kind: z.literal('attribute'),
    entity,
    name,
    attribute: nameSchema,
    as: attributeAs,
    scale: numberScale.optional(),
  }),
  z.strictObject({
    kind: z.literal('contextAttribute'),
    name,
    attribute: nameSchema,
    as: attributeAs,
    scale: numberScale.optional(),
  }),
  z.strictObject({
    kind: z.literal('cross'),
    name,
    ...smoothing,
    by: nameSchema.describe('item attribute'),
    bands: z
      .array(z.number())
      .min(1)
      .max(32)
      .optional()
      .describe('upper bounds that cut a number into bands'),
    halfLifeMinutes: minutes('half-life'),
    valuesMax: z.int().min(1).max(64).default(16).describe('attribute values remembered per user'),
  }),
  z.strictObject({ kind: z.literal('product'), name, left: side, right: side }),
])

/** A feature as written in the configuration. */
export type FeatureDefinition = z.input<typeof featureDefinitionSchema>
/** The same with defaults filled in. */
export type ParsedDefinition = z.output<typeof featureDefinitionSchema>
type Of<Kind extends FeatureDefinition['kind']> = Omit<Extract<FeatureDefinition, { kind: Kind }>, 'kind'>

/** How often something happened, old events fading: ln(1 + count) / 4. */
export const decayedCount = (options: Of<'decayedCount'>): FeatureDefinition => ({
  kind: 'decayedCount',
  ...options,
})

/** How often something happened in the last minutes of event time, in buckets: ln(1 + count) / 4. */
export const windowedCount = (options: Of<'windowedCount'>): FeatureDefinition => ({
  kind: 'windowedCount',
  ...options,
})

/** Successes per trial, pulled to a prior: ln(rate / prior), -4..4; 0 when nothing is known. */
export const smoothedRate = (options: Of<'smoothedRate'>): FeatureDefinition => ({
  kind: 'smoothedRate',
  ...options,
})

/** Minutes since something last happened: ln(1 + minutes) / 4; missing when it never did. */
export const recency = (options: Of<'recency'>): FeatureDefinition => ({ kind: 'recency', ...options })

/** Minutes since the entity's first attribute record: ln(1 + minutes) / 4; missing when there is none. */
export const age = (options: Of<'age'>): FeatureDefinition => ({ kind: 'age', ...options })

/** A static attribute of the user or the item. */
export const attribute = (options: Of<'attribute'>): FeatureDefinition => ({ kind: 'attribute', ...options })

/** An attribute that came with the rank request. */
export const contextAttribute = (options: Of<'contextAttribute'>): FeatureDefinition => ({
  kind: 'contextAttribute',
  ...options,
})

/** This user's smoothed rate on items like the candidate (user x category): ln(rate / prior), -4..4. */
export const cross = (options: Of<'cross'>): FeatureDefinition => ({ kind: 'cross', ...options })

/** One column per pair of values of two text attributes (segment x category). */
export const product = (options: Of<'product'>): FeatureDefinition => ({ kind: 'product', ...options })

/** The name of a definition's columns (the column itself, or the part before `=value`). */
export function nameOfDefinition(definition: FeatureDefinition): string {
  if (definition.name !== undefined) return definition.name
  const joined = (types: readonly string[]) => types.join('+')
  switch (definition.kind) {
    case 'decayedCount':
      return `${definition.entity}_${joined(definition.of)}_decayed_${String(definition.halfLifeMinutes)}m`
    case 'windowedCount':
      return `${definition.entity}_${joined(definition.of)}_last_${String(definition.windowMinutes)}m`
    case 'smoothedRate': {
      const fading =
        definition.halfLifeMinutes === undefined ? 'ever' : `${String(definition.halfLifeMinutes)}m`
      return `${definition.entity}_${joined(definition.of)}_per_${joined(definition.per)}_${fading}`
    }
    case 'recency':
      return `${definition.entity}_since_${joined(definition.of)}`
    case 'age':
      return `${definition.entity}_age`
    case 'attribute':
      return `${definition.entity}_${definition.attribute}`
    case 'contextAttribute':
      return `context_${definition.attribute}`
    case 'cross': {
      const rate = `${joined(definition.of)}_per_${joined(definition.per)}`
      return `user_x_${definition.by}_${rate}_${String(definition.halfLifeMinutes)}m`
    }
    case 'product':
      return `${definition.left.from}_${definition.left.attribute}_x_${definition.right.from}_${definition.right.attribute}`
  }
}
