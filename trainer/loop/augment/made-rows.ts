import { createRandom, type Random } from '#streams'
import { type MockRows, type SplitRows, TrainingError } from '../train/index.ts'
import { type ColumnGroup, columnGroups } from './column-groups.ts'
import { createSmote } from './smote.ts'
import type { WeakSlice } from './weak-slices.ts'

export const METHODS = ['smote', 'copies'] as const

export interface MakingOptions {
  /** smote: between neighbours (`createSmote`); copies: rows again as they are, which needs no belief in what lies between. */
  method: (typeof METHODS)[number]
  neighbours: number
  /** Mock rows for each training row of the slice. */
  times: number
  /** Share of positives among the mock rows; left out: that of the slice, so that no rate moves within it. */
  labelRate?: number | undefined
  seed: number
}

/** Rows of one label of a slice that mock rows are made of; of more, so many by chance. */
const POOL_ROWS_MAX = 2_000
export const MOCK_ROWS_MAX = 500_000

/** Mock rows of the training part, for each of the slices. All chance comes from the seed. @throws TrainingError */
export function madeRows(
  split: SplitRows,
  slices: readonly WeakSlice[],
  options: MakingOptions,
): { mock: MockRows; bySlice: { rows: number; positives: number }[] } {
  const { rows, parts, featureSet } = split
  const wanted = slices.map(({ training }) => Math.round(training.length * options.times))
  const total = wanted.reduce((sum, one) => sum + one, 0)
  if (total === 0 || total > MOCK_ROWS_MAX) {
    throw new TrainingError(
      'train_options',
      `--times ${String(options.times)} asks for ${total.toLocaleString('en-US')} mock rows: 1 to ${MOCK_ROWS_MAX.toLocaleString('en-US')} can be made. Give another number, or fewer slices.`,
    )
  }
  const groups = columnGroups(featureSet.groups, featureSet.buckets, rows.training(parts.train))
  const made = slices.map((slice, at) => {
    const random = createRandom(`${String(options.seed)}/mock/${slice.slice}/${slice.value}`)
    return sliceRows(split, slice, { groups, wanted: wanted[at]!, random, options })
  })
  const all = made.flatMap(({ mocks }) => mocks)
  const width = rows.width
  const vectors = new Float32Array(all.length * width)
  const flags = new Uint8Array(all.length * width)
  for (const [at, { vector, flags: own }] of all.entries()) {
    vectors.set(vector, at * width)
    flags.set(own, at * width)
  }
  const mock: MockRows = {
    featureSetId: featureSet.id,
    featureNames: featureSet.names,
    rows: {
      ...{ count: all.length, width, vectors, flags },
      labels: Uint8Array.from(all, ({ label }) => label),
      propensities: Float32Array.from(all, ({ propensity }) => propensity),
      occurredAtMs: Float64Array.from(all, ({ occurredAtMs }) => occurredAtMs),
      itemIds: all.map(({ itemId }) => itemId),
      userIds: all.map(({ userId }) => userId),
    },
    slices: made.flatMap(({ mocks }, at) => mocks.map(() => `${slices[at]!.slice}=${slices[at]!.value}`)),
  }
  const bySlice = made.map(({ mocks, positives }) => ({ rows: mocks.length, positives }))
  return { mock, bySlice }
}

interface Mock {
  vector: Float32Array
  flags: Uint8Array
  label: number
  propensity: number
  occurredAtMs: number
  itemId: string
  userId: string
}

interface SliceMaking {
  groups: readonly ColumnGroup[]
  wanted: number
  random: Random
  options: MakingOptions
}

function sliceRows({ rows }: SplitRows, { training }: WeakSlice, making: SliceMaking) {
  const { wanted, options } = making
  const of = (label: number) => training.filter((row) => rows.labels[row] === label)
  const [negative, positive] = [of(0), of(1)]
  const rate = options.labelRate ?? positive.length / training.length
  const positives = Math.round(wanted * rate)
  const mocks = [
    ...poolRows(rows, positive, { ...making, wanted: positives, label: 1 }),
    ...poolRows(rows, negative, { ...making, wanted: wanted - positives, label: 0 }),
  ]
  return { mocks, positives }
}

/** Every row of the pool is drawn from as often as any other, but for one. */
function poolRows(
  rows: SplitRows['rows'],
  members: Int32Array,
  { groups, wanted, random, options, label }: SliceMaking & { label: number },
): Mock[] {
  if (wanted === 0) return []
  const pool = shuffled(members, random).subarray(0, POOL_ROWS_MAX)
  const source = rows.training(pool)
  const { vectors, width } = source
  const smote = createSmote({ count: pool.length, width, vectors }, groups, {
    neighbours: options.neighbours,
    chance: random.next,
  })
  return Array.from({ length: wanted }, (_, n): Mock => {
    const base = n % pool.length
    const { vector, other } =
      options.method === 'smote'
        ? smote.mock(base)
        : { vector: vectors.subarray(base * width, (base + 1) * width), other: base }
    return {
      ...{ vector, label, propensity: source.propensities![base]! },
      flags: source.flags!.subarray(base * width, (base + 1) * width),
      // As late as the later of the two: whoever holds back the latest rows holds back what is made of them.
      occurredAtMs: Math.max(source.occurredAtMs![base]!, source.occurredAtMs![other]!),
      itemId: source.itemIds![base]!,
      userId: source.userIds![base]!,
    }
  })
}

function shuffled(rows: Int32Array, random: Random): Int32Array {
  const mixed = rows.slice()
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = random.int(at + 1)
    ;[mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!]
  }
  return mixed
}
