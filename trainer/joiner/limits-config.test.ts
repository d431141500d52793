import { describe, expect, it } from 'vitest'
import { trainerLimitsSchema } from '../config.ts'

describe('what may wait', () => {
  it('is bounded in bytes, and by a count where a configuration has one', () => {
    const limits = trainerLimitsSchema.parse({})
    expect(limits).toMatchObject({ pendingBytesMax: 2 ** 28, pendingDiskBytesMax: 2 ** 33 })
    expect(limits.pendingPredictionsMax).toBeUndefined()
    expect(trainerLimitsSchema.parse({ pendingPredictionsMax: 50_000 }).pendingPredictionsMax).toBe(50_000)
  })

  it.each([
    [{ pendingBytesMax: 64 * 1_024 }, true],
    [{ pendingBytesMax: 64 * 1_024 - 1 }, false],
    [{ pendingDiskBytesMax: 0 }, true],
    [{ pendingDiskBytesMax: -1 }, false],
  ])('%o: %s', (limits, isValid) => {
    expect(trainerLimitsSchema.safeParse(limits).success).toBe(isValid)
  })
})
