import { describe, expect, it } from 'vitest'
import { trainerConfigSchema } from '../config.ts'
import { bucketConformance } from '../testing/bucket-conformance.ts'
import { learnerConformance } from '../testing/learner-conformance.ts'
import { LEARNERS } from './index.ts'

/** Settings of those that can learn a table by heart. */
const OVERFITTING: Partial<Record<keyof typeof LEARNERS, object>> = {
  ftrl: { alpha: 1, l2: 0 },
  fm: { alpha: 0.2, l2: 0, linear: { alpha: 1, l2: 0 } },
  gbdt: { rowsMin: 1, hessianMin: 0, l2: 0 },
  logistic: { l2: 1e-3 },
  stack: { trees: { rowsMin: 1, hessianMin: 0, l2: 0 }, linear: { alpha: 1, l2: 0 } },
}
/** Those that learn something of each bucket. */
const LEARNS_BUCKETS = ['ftrl', 'fm', 'logistic', 'stack']
for (const [use, entry] of Object.entries(LEARNERS)) {
  learnerConformance(use, entry, { overfitting: OVERFITTING[use as keyof typeof LEARNERS] })
  bucketConformance(use, entry, { learnsBuckets: LEARNS_BUCKETS.includes(use) })
}

describe('learners in the configuration', () => {
  const learnersOf = (trainer: unknown) => trainerConfigSchema.parse(trainer).learners
  const mistakesOf = (trainer: unknown) =>
    trainerConfigSchema
      .safeParse(trainer)
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

  it('are one that is fitted when nothing is said', () => {
    expect(learnersOf({})).toMatchObject([{ use: 'logistic', name: 'logistic' }])
    expect(learnersOf({ retrain: { everyMinutes: 60 } })).toEqual(learnersOf({}))
  })

  it('are FTRL alone where its settings are given, as before there were others', () => {
    const ftrl = { use: 'ftrl', name: 'ftrl', alpha: 0.2, beta: 1, l1: 0, l2: 1, sightingsMin: 3 }
    expect(learnersOf({ learner: {} })).toEqual([ftrl])
    expect(learnersOf({ learner: { alpha: 1 } })).toEqual([{ ...ftrl, alpha: 1 }])
  })

  it('takes several, each with its settings and name, and reads its own answer again', () => {
    const learners = learnersOf({ learners: [{ use: 'ftrl' }, { use: 'ftrl', name: 'ftrl-fast', alpha: 1 }] })
    expect(learners).toMatchObject([
      { name: 'ftrl', alpha: 0.2 },
      { name: 'ftrl-fast', alpha: 1 },
    ])
    expect(learnersOf({ learners })).toEqual(learners)
  })

  it.each(Object.keys(LEARNERS))('takes %s by its name alone', (use) => {
    expect(learnersOf({ learners: [{ use }] })).toMatchObject([{ use, name: use }])
  })

  it.each([
    [{ learners: [{ use: 'oracle' }] }, 'learners.0.use'],
    [{ learners: [{ use: 'ftrl', alhpa: 1 }] }, 'alhpa'],
    [{ learners: [{ use: 'ftrl' }, { use: 'ftrl' }] }, 'learners: must have different names'],
    [{ learner: {}, learners: [{ use: 'ftrl' }] }, 'learners: must not be given together'],
    [{ learners: [] }, 'learners'],
  ])('refuses %j', (trainer, mistake) => {
    expect(mistakesOf(trainer)?.join('\n')).toContain(mistake)
  })
})
