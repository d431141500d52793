import { expect, it } from 'vitest'
import { describeServices } from '#streams/testing/services'
import { killFits } from './testing/fits-killed.ts'

describeServices('a trainer that is killed 20 times while it fits', (addresses) => {
  it('loses no example and leaves no half model', async () => {
    const found = await killFits(addresses, 'fit-kills-night', { kills: 20, sessionTimeoutMs: 30_000 })
    expect(found).toMatchObject({ kills: 20, halfModels: [], leftFiles: [] })
    expect(found.killedInFit).toBeGreaterThanOrEqual(10)
    expect(found.promoted).toBeGreaterThanOrEqual(1)
    expect(found.missingInLastFit).toBeLessThan(600)
    expect(found.missingWithTwo).toBeLessThan(600)
  })
})
