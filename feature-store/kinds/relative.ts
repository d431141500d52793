import { z } from 'zod'
import { MISSING } from '../contract.ts'
import type { ListRows } from '../vectors/columns.ts'
import { createRanks, type Ranks } from '../vectors/rank-shares.ts'
import { PLAIN, SHARE } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { named } from './parts/settings.ts'

const schema = z.strictObject({
  kind: z.literal('relative'),
  ...named,
  to: z
    .string()
    .min(1)
    .max(160)
    .describe('name of a feature of the candidates, a rate or a count: of its first column'),
})

const NOT_RANKED = 0.5
const GAP_LIMIT = 10

/** A candidate's place among the candidates of its request: share of lower ones (0..1), and value less their mean. */
export const relative = defineKind(schema, {
  meaning:
    "A candidate's place among the candidates of its request: share of lower ones (0..1), and value less their mean.",
  example: { to: 'before' },
  units: () => [SHARE, PLAIN],
  nameOf: ({ to }) => `${to}_in_list`,
  uses: () => USES_NOTHING,
  mistakes({ to }, { featureNamed, mistake }) {
    const other = featureNamed(to)
    if (other === undefined) mistake('to', `${to} is the name of no feature`)
    else if (other.kind === 'relative') mistake('to', `${to} is relative itself`)
    else if (other.kind === 'hashBucket') mistake('to', `${to} is the number of a bucket, not a quantity`)
    else if (other.entity === 'user') mistake('to', `${to} is the same for all candidates of a request`)
  },
  state: () => undefined,
  columns({ to }, _, __, placeOf) {
    const ranks = createRanks()
    return {
      scope: 'list',
      suffixes: ['_rank', '_gap'],
      writeList(rows, at) {
        writePlaces(ranks, rows, placeOf(to), at)
      },
    }
  },
})

/** Counts and rates are logarithms, so that the gap is the logarithm of a ratio. Who has no value has no place. */
function writePlaces(
  ranks: Ranks,
  { vectors, flags, base, count, width }: ListRows,
  from: number,
  at: number,
): void {
  const isKnown = (row: number) => (flags[base + row * width + from]! & MISSING) === 0
  for (let row = 0; row < count; row++) if (isKnown(row)) ranks.add(row, vectors[base + row * width + from]!)
  const mean = ranks.end((row, share) => (vectors[base + row * width + at] = share))
  for (let row = 0; row < count; row++) {
    const start = base + row * width
    if (isKnown(row))
      vectors[start + at + 1] = Math.min(GAP_LIMIT, Math.max(-GAP_LIMIT, vectors[start + from]! - mean))
    else vectors[start + at] = NOT_RANKED
    flags[start + at] = flags[start + from]!
    flags[start + at + 1] = flags[start + from]!
  }
}
