import { expect, it } from 'vitest'
import type { ProvenModel } from '#scorer/model'
import { silentLogger } from '#streams'
import { trainerConfigSchema } from '../config.ts'
import type { ModelDesk } from '../models/model-desk.ts'
import { createJudge } from './judge.ts'
import type { TrainingExample } from './training-example.ts'

const FRESH = 400

/** The first column is what the new model answers. */
const example = (n: number, answered: number, served: number | null): TrainingExample => ({
  exampleId: `e${String(n)}`,
  vector: Float32Array.of(answered),
  flags: Uint8Array.of(0),
  label: n % 4 === 0 ? 1 : 0,
  userId: 'u',
  itemId: 'i',
  propensity: 1,
  score: served,
  modelId: served === null ? '' : 'm-old',
  occurredAtMs: n,
  maturedAtMs: n,
  positives: [],
  isOut: false,
})

/** What becomes of a candidate of the new set while `m-old`, of another one, serves. */
async function judged(
  answer: (label: 0 | 1) => number,
  served: (label: 0 | 1, n: number) => number | null,
  { whileMade = 0, champion }: { whileMade?: number; champion?: ProvenModel } = {},
) {
  const moves: string[] = []
  const reasons: string[] = []
  const session = {
    manifest: { modelId: 'm-new', learner: 'l' },
    predict: async (vectors: Float32Array) => vectors,
    close: async () => undefined,
  } as unknown as ProvenModel
  const desk = {
    champion: () => champion,
    servesElsewhere: () => ({ modelId: 'm-old' }),
    pinned: () => undefined,
    promote: async (_: ProvenModel, __: object, { reason }: { reason: string }) => {
      moves.push('promote')
      reasons.push(reason)
    },
    reject: async (_: ProvenModel, __: object, { reason }: { reason: string }) => {
      moves.push('reject')
      reasons.push(reason)
    },
  } as unknown as ModelDesk
  const { promotion } = trainerConfigSchema.parse({})
  const why = (reason: string) => ({ reason, occurredAtMs: 0 })
  const judge = createJudge({ desk, promotion, width: 1, why, log: silentLogger })
  const examples = Array.from({ length: FRESH }, (_, n) => {
    const label = n % 4 === 0 ? 1 : 0
    return example(n, answer(label), served(label, n))
  })
  judge.begin(session, { freshMin: FRESH }, examples.slice(0, whileMade))
  for (const one of examples.slice(whileMade)) judge.add(one)
  await judge.decide()
  return { moves, reason: reasons[0]! }
}

const knowing = (label: 0 | 1) => (label === 1 ? 0.7 : 0.1)
const guessing = (label: 0 | 1) => (label === 1 ? 0.26 : 0.245)

it('a model of a new feature set must be better than what the old one served', async () => {
  const better = await judged(knowing, guessing)
  expect(better.moves).toEqual(['promote'])
  expect(better.reason).toContain('of the log-loss of m-old')
  const worse = await judged(guessing, knowing)
  expect(worse.moves).toEqual(['reject'])
  expect(worse.reason).toContain('Saves too little')
})

it('where the old model hardly answered, the new one is judged as a first model', async () => {
  const { moves, reason } = await judged(knowing, (label, n) => (n % 3 === 0 ? knowing(label) : null))
  expect(moves).toEqual(['promote'])
  expect(reason).toContain('First model')
})

it('what came while a model was made is fresh to it, but for what the champion has learned', async () => {
  const unseen = await judged(knowing, () => null, { whileMade: FRESH })
  expect(unseen.moves).toEqual(['promote'])
  const champion = {
    manifest: { modelId: 'm-now', trainedOn: { toMs: 9 } },
    predict: async (vectors: Float32Array) => vectors,
  } as unknown as ProvenModel
  expect((await judged(knowing, () => null, { whileMade: FRESH, champion })).moves).toEqual([])
  expect((await judged(knowing, () => null, { whileMade: 0, champion })).moves).toEqual(['reject'])
})
