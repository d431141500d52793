import { z } from 'zod'

/** Settings that several kinds have. */

/** Names of features, types and attributes: short, printable, the same in every language. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must be 1-64 letters, digits, _ . - and begin with a letter')

export const minutes = (text: string) =>
  z.number().positive().max(525_600).describe(`${text}, minutes of event time`)
export const name = nameSchema.optional().describe('column name; made from the other settings when left out')

/** What becomes of a feature of which nothing is known, or whose newest evidence is too old. */
export const whenMissing = z
  .enum(['default', 'flag', 'dropCandidate'])
  .describe(
    'of a feature that is missing, or older than maxAgeMinutes: the default in its column; that and a further 0/1 column that says so; or the candidate is answered without a score',
  )

/** What every definition may say. */
export const named = {
  name,
  maxAgeMinutes: minutes(
    'the newest evidence is too old after so long: the feature is taken for missing',
  ).optional(),
  whenMissing: whenMissing.optional(),
  default: z
    .number()
    .min(-10)
    .max(10)
    .optional()
    .describe('what its first column holds while it is missing, in the unit of the column; 0 when left out'),
}
export const of = z.array(nameSchema).min(1).max(64).describe('interaction types')
export const entity = z.enum(['user', 'item'])
export const valueText = z.string().min(1).max(64)

/** How a number becomes one of order one. */
export const numberScale = z.strictObject({
  subtract: z.number().default(0),
  divide: z.number().positive().default(1),
  log1p: z.boolean().default(false).describe('take ln(1 + x) first, for counts and prices with long tails'),
})

/** Successes per trial, pulled to a prior. */
export const smoothing = {
  of: of.describe('interaction types that count as success'),
  per: of.describe('interaction types that count as trial'),
  prior: z
    .union([z.number().gt(0).lt(1), z.literal('feed')])
    .default('feed')
    .describe(
      'the rate believed before any evidence; left out: that of the whole feed, as it is at the time',
    ),
  strength: z.number().positive().max(1e6).describe('how many trials the prior is worth'),
}

export const joined = (types: readonly string[]) => types.join('+')
