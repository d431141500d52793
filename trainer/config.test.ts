import { describe, expect, it } from 'vitest'
import { WHAT_AND_WHY } from '#streams/testing'
import { driftConfigSchema, promotionConfigSchema, trainerLimitsSchema } from './config.ts'

it.each(Object.entries(trainerLimitsSchema.shape))(
  'limit %s says what it bounds and why so much',
  (_, { description }) => {
    expect(description).toMatch(WHAT_AND_WHY)
  },
)

it('lets no setting make a model serve first that is worse than the base rate', () => {
  expect(promotionConfigSchema.safeParse({ firstNormalizedEntropyMax: 1 }).success).toBe(true)
  expect(promotionConfigSchema.safeParse({ firstNormalizedEntropyMax: 1.01 }).success).toBe(false)
})

describe('the detector of losses', () => {
  const ADWIN = {
    name: 'adwin',
    delta: 0.002,
    clock: 32,
    maxBuckets: 5,
    minWindowLength: 200,
    gracePeriod: 500,
  }

  it('is ADWIN unless another is named', () => {
    expect(driftConfigSchema.parse({}).detector).toEqual(ADWIN)
    expect(driftConfigSchema.parse({ detector: { name: 'adwin' } }).detector).toEqual(ADWIN)
  })

  it('takes the settings of ADWIN beside it, too', () => {
    const beside = { delta: 0.01, clockExamples: 8, graceExamples: 100, afterExamplesMin: 50 }
    const inside = { delta: 0.01, clock: 8, gracePeriod: 100, minWindowLength: 50 }
    expect(driftConfigSchema.parse(beside).detector).toEqual({ ...ADWIN, ...inside })
  })

  it('refuses to be told twice', () => {
    const told = driftConfigSchema.safeParse({ delta: 0.01, detector: { name: 'adwin' } })
    expect(told.error?.issues).toMatchObject([{ path: ['delta'] }])
  })

  it.each([{ name: 'none-such' }, { name: 'adwin', window: 5 }, { name: 'adwin', delta: 2 }])(
    'refuses %o',
    (detector) => {
      expect(driftConfigSchema.safeParse({ detector }).success).toBe(false)
    },
  )

  it('stays the same when read again', () => {
    const config = driftConfigSchema.parse({ delta: 0.01 })
    expect(driftConfigSchema.parse(config)).toEqual(config)
  })
})
