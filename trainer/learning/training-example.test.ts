import { describe, expect, it } from 'vitest'
import { asShown } from '#feature-store'
import { bytesOfVector, type Example } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import { createRandom } from '#streams'
import { createFtrl, ftrlConfigSchema } from '../learners/ftrl.ts'
import { rowsOf } from './rows.ts'
import { asTaught, type TrainingExample, trainingExampleOf } from './training-example.ts'

const GOOD = 0
const BAD = 1
const POSITION = 2
const featureSet = { id: 'fs', names: ['good', 'bad', 'position'], width: 3, positions: [POSITION] }

/** As it was served: everybody in the first place. */
const served = (item: number) =>
  asShown(
    featureSet,
    Float32Array.from([GOOD, BAD, POSITION], (n) => (n === item ? 1 : 0)),
    0,
  )

function shown(item: number, position: number | null, clicked: boolean): TrainingExample {
  const example: Example = {
    ...sampleRecords.examples,
    featureSetId: 'fs',
    vector: bytesOfVector(served(item)),
    flags: Buffer.alloc(3),
    labels: [{ name: 'click', value: clicked ? 1 : 0 }],
    labelsOut: [],
    position,
  }
  const read = trainingExampleOf(example, { featureSet, objective: 'click' })
  if (typeof read === 'string') throw new Error(read)
  return read
}

describe('an example of a shown item', () => {
  it('is judged as it was served, and taught with the place at which it was shown', () => {
    const example = shown(GOOD, 4, true)
    expect([...example.vector]).toEqual([...served(GOOD)])
    expect([...asTaught(example).vector]).toEqual([...asShown(featureSet, served(GOOD), 4)])
    expect([...rowsOf([example], { width: 3 }).vectors]).toEqual([...asTaught(example).vector])
  })

  it('is taught as it was served when nobody told the place', () => {
    const example = shown(GOOD, null, true)
    expect(asTaught(example)).toBe(example)
  })

  it('does not make a bad item good that was always shown first', () => {
    const random = createRandom('position')
    const [knowing, blind] = [0, 1].map(() =>
      createFtrl(ftrlConfigSchema.parse({}), { width: 3, graphName: 'ftrl' }),
    )
    for (let n = 0; n < 20_000; n++) {
      const item = random.chance(0.5) ? GOOD : BAD
      const position = random.chance(0.9) === (item === BAD) ? 0 : 4
      const example = shown(item, position, random.chance((item === GOOD ? 0.6 : 0.4) / (1 + position)))
      knowing!.update(asTaught(example))
      blind!.update(example)
    }
    const scores = (learner: typeof knowing) => [GOOD, BAD].map((item) => learner!.predict(served(item)))
    const [good, bad] = scores(knowing)
    expect(good).toBeCloseTo(0.6, 1)
    expect(bad).toBeCloseTo(0.4, 1)
    const [blindToGood, blindToBad] = scores(blind)
    expect(blindToGood).toBeLessThan(blindToBad!)
  })
})
