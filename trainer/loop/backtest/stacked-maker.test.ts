import { expect, it } from 'vitest'
import type { ProvableModel } from '../../export/provable-model.ts'
import type { OnlineExample, StackedLearner, TrainedModel, TrainingRows } from '../../learners/learner.ts'
import { createStackedMaker } from './stacked-maker.ts'

const HOUR = 3_600_000
const rows = { count: 0, width: 1, vectors: new Float32Array(0), labels: new Uint8Array(0) }
const golden = new Float32Array(1)

/** Notes what happens to it, in order. */
function notedLearner() {
  const notes: string[] = []
  const learner: StackedLearner = {
    base: { fit: () => Promise.reject(new Error('fitted elsewhere')) },
    onto: (file) => void notes.push(`onto ${String(file[0])}`),
    examples: 0,
    predict: () => 0.5,
    update({ vector }: OnlineExample) {
      notes.push(`learned ${String(vector[0])}`)
      return 0.5
    },
    forget: () => undefined,
    model(): TrainedModel {
      notes.push('model')
      return {
        onnx: Uint8Array.of(notes.length),
        scoresOf: () => Float32Array.of(0.5),
        facts: { examples: 0, rounds: 1, parameters: 1 },
      }
    },
  }
  return { notes, learner }
}

function startMaker(fit: (rows: TrainingRows) => Promise<ProvableModel>) {
  const { notes, learner } = notedLearner()
  const maker = createStackedMaker({ learner, fitEveryMs: 6 * HOUR, rows: () => rows, fit })
  return { notes, maker, take: (number: number) => maker.take({ vector: [number], label: 0 }) }
}

const modelOf = (number: number): ProvableModel => ({
  onnx: Uint8Array.of(number),
  facts: { examples: 0, rounds: 1, parameters: 1 },
  golden: { vectors: golden, scores: golden },
})

it('fits when it is due, and has what comes meanwhile wait, in order', async () => {
  let finish: (model: ProvableModel) => void = () => undefined
  let fits = 0
  const { notes, maker, take } = startMaker(() => {
    fits += 1
    return new Promise((resolve) => (finish = resolve))
  })
  take(1)
  const first = maker.make(golden, 0)
  take(2)
  const second = maker.make(golden, HOUR)
  take(3)
  await Promise.resolve()
  while (fits === 0) await Promise.resolve()
  expect(notes).toEqual(['learned 1'])
  finish(modelOf(7))
  await Promise.all([first, second])
  const third = maker.make(golden, 6 * HOUR)
  while (fits === 1) await Promise.resolve()
  finish(modelOf(8))
  await third
  expect(notes).toEqual([
    ...['learned 1', 'onto 7', 'model', 'learned 2', 'model', 'learned 3'],
    ...['onto 8', 'model'],
  ])
})

it('goes on on the old base when a fit failed', async () => {
  const { notes, maker, take } = startMaker(() => Promise.reject(new Error('no memory')))
  await expect(maker.make(golden, 0)).rejects.toThrow('no memory')
  take(1)
  await maker.make(golden, HOUR)
  expect(notes).toEqual(['learned 1', 'model'])
})
