import { z } from 'zod'
import { textsOf } from '../../attributes/texts.ts'
import {
  attributeReader,
  oneHotColumns,
  withMissing,
  type Columns,
  type Source,
} from '../../vectors/columns.ts'
import { hashedBucket, scaledNumber } from '../../vectors/scales.ts'
import type { AttributesLayouts, DefinitionCheck, UsedAttribute } from './feature-kind.ts'
import { nameSchema, numberScale, valueText } from './settings.ts'

/** How an attribute becomes columns, wherever it comes from. Of several texts each sets its own. */

export const attributeValues = {
  attribute: nameSchema,
  /** `hashed` spreads an open vocabulary over a fixed number of columns. */
  as: z.union([
    z.literal('number'),
    z.strictObject({ oneHot: z.array(valueText).min(1).max(256) }),
    z.strictObject({ hashed: z.int().min(2).max(1024) }),
  ]),
  scale: numberScale.optional(),
}

const valuesSchema = z.object(attributeValues)
type AttributeValues = z.output<typeof valuesSchema>

export const usedAttribute = (from: Source, { attribute, as, scale }: AttributeValues): UsedAttribute => ({
  setting: 'attribute',
  from,
  attribute,
  number: as === 'number' ? { scale } : undefined,
})

export function attributeMistakes(
  from: Source,
  { attribute, as, scale }: AttributeValues,
  { attributeKind, mistake }: DefinitionCheck,
): void {
  const kind = attributeKind(from, attribute)
  if ((kind === 'text' || kind === 'texts') && as === 'number')
    mistake('as', `${attribute} is declared as ${kind}; use { oneHot: [...] } or { hashed: n }`)
  if (kind === 'number' && as !== 'number') mistake('as', `${attribute} is declared as number; use 'number'`)
  if (as !== 'number' && scale !== undefined) mistake('scale', 'only a number can be scaled; leave it out')
}

export function attributeColumns(
  from: Source,
  { attribute, as, scale }: AttributeValues,
  attributes: AttributesLayouts,
): Columns {
  const valueOf = attributeReader(from, attribute, attributes)
  if (as === 'number') {
    return withMissing(from, null, (input) => {
      const value = valueOf(input)
      return typeof value === 'number' ? scaledNumber(value, scale) : null
    })
  }
  if ('oneHot' in as) {
    const places = new Map(as.oneHot.map((value, place) => [value, place]))
    return oneHotColumns(from, as.oneHot, (input) => {
      const value = valueOf(input)
      return typeof value === 'string' ? textsOf(value).map((text) => places.get(text) ?? -1) : null
    })
  }
  const buckets = Array.from({ length: as.hashed }, (_, bucket) => `#${String(bucket)}`)
  return oneHotColumns(from, buckets, (input) => {
    const value = valueOf(input)
    return typeof value === 'string' ? textsOf(value).map((text) => hashedBucket(text, as.hashed)) : null
  })
}
