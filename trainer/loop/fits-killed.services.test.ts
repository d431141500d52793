import { expect, it } from 'vitest'
import { describeServices } from '#streams/testing/services'
import { killFits } from './testing/fits-killed.ts'

describeServices('a trainer that is killed while it fits', (addresses) => {
  it('loses no example, leaves no half model, and shares its partitions with a second one', async () => {
    const found = await killFits(addresses, 'fit-kills', { kills: 3, sessionTimeoutMs: 3_000 })
    expect(found).toMatchObject({ kills: 3, halfModels: [], leftFiles: [] })
    expect(found.killedInFit).toBeGreaterThanOrEqual(1)
    expect(found.promoted).toBeGreaterThanOrEqual(1)
    expect(found.proven).toBeGreaterThanOrEqual(1)
    // What was on its way when the fit began.
    expect(found.missingInLastFit).toBeLessThan(600)
    expect(found.missingWithTwo).toBeLessThan(600)
  })
})
