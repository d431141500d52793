import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import { type AnyLearnerEntry, type LearnerTask, sigmoid, type TrainedModel } from '../learners/learner.ts'
import { forecastQuality } from '../metrics/index.ts'
import { interpretGraph } from './graph-interpreter.ts'
import { type DrawnRow, trainedModelOf, trainingRowsOf } from './learner-conformance.ts'

/** A quantity, the bucket of one of 30 ids, and those of up to two of 20 tags. */
export const BUCKET_TASK = {
  width: 4,
  graphName: 'buckets',
  columns: ['quantity', 'id', 'tag', 'tag_2'],
  buckets: [
    { columns: [1], range: 64 },
    { columns: [2, 3], range: 33 },
  ],
} satisfies LearnerTask

const [IDS, TAGS] = [30, 20]

/** Rows in which some ids and tags are liked, others not. */
export function drawBucketRows(seed: number, count: number): DrawnRow[] {
  const taste = createChance(77)
  const [ids, tags] = [IDS, TAGS].map((many) => Array.from({ length: many + 1 }, () => taste() * 4 - 2))
  const chance = createChance(seed)
  return Array.from({ length: count }, () => {
    const quantity = Math.fround(chance() * 2 - 1)
    const id = 1 + Math.floor(chance() * IDS)
    const tag = 1 + Math.floor(chance() * TAGS)
    const other = 1 + Math.floor(chance() * TAGS)
    const second = other === tag || chance() < 0.5 ? 0 : other
    const logit = 0.5 * quantity + ids![id]! + tags![tag]! + (second === 0 ? 0 : tags![second]!) - 1
    return { vector: [quantity, id, tag, second], label: chance() < sigmoid(logit) ? 1 : 0 }
  })
}

/** What every learner of the list must do with columns of buckets. @param learnsBuckets or leaves them out */
export function bucketConformance(
  use: string,
  entry: AnyLearnerEntry,
  { learnsBuckets }: { learnsBuckets: boolean },
): void {
  const drawn = drawBucketRows(1, 4_000)
  const fresh = drawBucketRows(2, 1_000)
  const { vectors } = trainingRowsOf(fresh)
  const entropyOf = ({ scoresOf }: TrainedModel) => {
    const scores = scoresOf(vectors)
    return forecastQuality(fresh.map(({ label }, at) => ({ score: scores[at]!, label }))).normalizedEntropy!
  }
  const fitted = trainedModelOf(entry, drawn, { task: BUCKET_TASK })

  describe(`${use} takes the number of a bucket for a name`, () => {
    it('says the same whatever the buckets are numbered', async () => {
      const renamed = ({ vector: [quantity, id, tag, second], label }: DrawnRow): DrawnRow => ({
        vector: [quantity!, renumbered(id!, 64), renumbered(tag!, 33), renumbered(second!, 33)],
        label,
      })
      const other = await trainedModelOf(entry, drawn.map(renamed), { task: BUCKET_TASK })
      const scores = other.scoresOf(trainingRowsOf(fresh.map(renamed)).vectors)
      ;(await fitted).scoresOf(vectors).forEach((score, at) => expect(scores[at]).toBeCloseTo(score, 5))
    })

    it('says the same whatever the order of the columns', async () => {
      const turned = (rows: readonly DrawnRow[]) =>
        rows.map(({ vector, label }) => ({ vector: vector.toReversed(), label }))
      const task = {
        ...BUCKET_TASK,
        columns: BUCKET_TASK.columns.toReversed(),
        buckets: [
          { columns: [1, 0], range: 33 },
          { columns: [2], range: 64 },
        ],
      }
      const other = await trainedModelOf(entry, turned(drawn), { task })
      const scores = other.scoresOf(trainingRowsOf(turned(fresh)).vectors)
      ;(await fitted).scoresOf(vectors).forEach((score, at) => expect(scores[at]).toBeCloseTo(score, 5))
    })

    it(learnsBuckets ? 'learns what each of them is worth' : 'leaves them out', async () => {
      const model = await fitted
      if (!learnsBuckets) {
        const blank = vectors.map((value, at) => (at % 4 === 0 ? value : 0))
        return expect(model.scoresOf(blank)).toEqual(model.scoresOf(vectors))
      }
      const without = drawn.map(({ vector: [quantity], label }) => ({ vector: [quantity!, 0, 0, 0], label }))
      const blind = await trainedModelOf(entry, without, { task: BUCKET_TASK })
      expect(entropyOf(model)).toBeLessThan(0.95 * entropyOf(blind))
    })

    it('has what it knows in its file, and no number there can do harm', async () => {
      const { onnx, scoresOf } = await fitted
      const odd = [0, -1, -0.5, 0.5, 2.5, 32.5, 33, 64, 1e30, NaN, Infinity, -Infinity]
      const rows = Float32Array.from([
        ...vectors,
        ...odd.flatMap((number) => [0.5, number, 1, 2, 0.5, 1, number, number]),
      ])
      const scores = scoresOf(rows)
      expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
      interpretGraph(onnx)(rows, 4).forEach((score, at) => expect(score).toBeCloseTo(scores[at]!, 6))
    })
  })
}

/** Another number for each bucket but none; 5 has no divisor in common with a range less 1. */
const renumbered = (bucket: number, range: number) =>
  bucket === 0 ? 0 : 1 + (((bucket - 1) * 5) % (range - 1))
