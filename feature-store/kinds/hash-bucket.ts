import { z } from 'zod'
import { joinedId } from '#schemas'
import { textsOf } from '../attributes/texts.ts'
import { MISSING } from '../contract.ts'
import {
  attributeReader,
  MISSING_SUFFIX,
  type Columns,
  type RowInput,
  type Source,
} from '../vectors/columns.ts'
import { hashedBucket } from '../vectors/scales.ts'
import { BUCKET } from '../vectors/units.ts'
import { defineKind, USES_NOTHING, type AttributesLayouts } from './parts/feature-kind.ts'
import { nameSchema, named } from './parts/settings.ts'

const part = z.union([
  z.enum(['userId', 'itemId']),
  z.strictObject({ user: nameSchema }),
  z.strictObject({ item: nameSchema }),
  z.strictObject({ context: nameSchema }),
])
type Part = z.output<typeof part>

const schema = z.strictObject({
  kind: z.literal('hashBucket'),
  ...named,
  of: z.array(part).min(1).max(2).describe('an id or an attribute, or two of them for their cross'),
  buckets: z
    .int()
    .min(2)
    .max(2 ** 20)
    .default(2 ** 16)
    .describe('ids that share one are one to a learner: several times as many as there are ids'),
  valuesMax: z.int().min(1).max(32).default(1).describe('columns, for an attribute with several texts'),
})

const sourceOf = (of: Part): Source => {
  if (typeof of === 'string') return of === 'userId' ? 'user' : 'item'
  return 'user' in of ? 'user' : 'item' in of ? 'item' : 'context'
}
const attributeOf = (of: Part): string | undefined =>
  typeof of === 'string' ? undefined : Object.values(of).at(0)
const wordOf = (of: Part) => `${sourceOf(of)}_${attributeOf(of) ?? 'id'}`

/*
 * 0 is the bucket of none, where nothing is known; a column `<name>__missing` says so. Of an attribute with several texts,
 * or its crosses, the first `valuesMax` buckets get a column each, in one numbering and each once; columns left over are 0.
 */

/** Number of the bucket that an id, a text or a cross of two is hashed to: a name for learners with a weight per bucket. */
export const hashBucket = defineKind(schema, {
  meaning:
    'Number of the bucket that an id, a text or a cross of two is hashed to: a name for learners with a weight per bucket.',
  example: { of: ['userId', { item: 'category' }], buckets: 4_096 },
  units: ({ valuesMax }) => Array.from({ length: valuesMax }, () => BUCKET),
  nameOf: ({ of }) => `${of.map(wordOf).join('_x_')}_bucket`,
  uses: ({ of }) => ({
    ...USES_NOTHING,
    attributes: of.flatMap((each) => {
      const attribute = attributeOf(each)
      return attribute === undefined ? [] : [{ setting: 'of', from: sourceOf(each), attribute }]
    }),
  }),
  mistakes({ of, valuesMax }, { attributeKind, mistake }) {
    const kinds = of.map((each) => {
      const attribute = attributeOf(each)
      return attribute === undefined ? 'text' : attributeKind(sourceOf(each), attribute)
    })
    of.forEach((each, at) => {
      if (kinds[at] !== 'number') return
      mistake('of', `${attributeOf(each)!} is declared as number; declare it as text, or use attribute()`)
    })
    if (of.length === 2 && wordOf(of[0]!) === wordOf(of[1]!))
      mistake('of', `${wordOf(of[0]!)} is crossed with itself; name it once`)
    if (valuesMax > 1 && kinds.every((kind) => kind === 'text'))
      mistake('valuesMax', 'there is one text only; leave it out')
  },
  state: () => undefined,
  columns: ({ of, buckets, valuesMax }, _, attributes) => {
    const textsOfParts = of.map((each) => partReader(each, attributes))
    const scope = of.some((each) => sourceOf(each) === 'item') ? 'candidate' : 'request'
    return bucketColumns({ scope, textsOfParts, buckets, valuesMax, canMiss: of.some(attributeOf) })
  },
})

/** The texts of an id or attribute, one or several; null: missing. */
function partReader(of: Part, attributes: AttributesLayouts): (input: RowInput) => readonly string[] | null {
  if (of === 'userId') return ({ user }) => [user.id]
  if (of === 'itemId') return ({ item }) => [item.id]
  const valueOf = attributeReader(sourceOf(of), attributeOf(of)!, attributes)
  return (input) => {
    const value = valueOf(input)
    return typeof value === 'string' ? textsOf(value) : null
  }
}

interface BucketWriting {
  scope: 'candidate' | 'request'
  textsOfParts: readonly ((input: RowInput) => readonly string[] | null)[]
  buckets: number
  valuesMax: number
  /** An id is always there. */
  canMiss: boolean
}

function bucketColumns({ scope, textsOfParts, buckets, valuesMax, canMiss }: BucketWriting): Columns {
  const further = Array.from({ length: valuesMax - 1 }, (_, at) => `_${String(at + 2)}`)
  return {
    scope,
    suffixes: ['', ...further, ...(canMiss ? [MISSING_SUFFIX] : [])],
    buckets: { columns: valuesMax, range: buckets + 1 },
    write(input, vector, flags, at) {
      const [left, right = ONE_TEXT] = textsOfParts.map((textsOfPart) => textsOfPart(input))
      if (!left || !right) {
        vector[at + valuesMax] = 1
        flags.fill(MISSING, at, at + valuesMax)
        return
      }
      let found = 0
      for (const one of left) {
        for (const other of right) {
          if (found === valuesMax) return
          const text = textsOfParts.length === 1 ? one : joinedId('*', [one, other])
          const bucket = 1 + hashedBucket(text, buckets)
          if (vector.subarray(at, at + found).includes(bucket)) continue
          vector[at + found++] = bucket
        }
      }
    },
  }
}

const ONE_TEXT: readonly string[] = ['']
