import { expect, it } from 'vitest'
import { describeServices } from '#streams/testing/services'
import { killSwaps } from './testing/swaps-killed.ts'

describeServices('scorer and trainer, killed 20 times while a model is swapped', (addresses) => {
  it('answer every request once, by whole models alone, and go on', async () => {
    const found = await killSwaps(addresses, 'swap-kills', 20)
    expect(found).toMatchObject({
      kills: { scorer: 10, trainer: 10 },
      ...{ unanswered: 0, answeredTwice: 0, wrong: 0, byOthers: 0, halfModels: [], refused: 0 },
    })
    expect(found.swaps).toBeGreaterThan(15)
    expect(found.proven).toBeGreaterThanOrEqual(1)
  })
})
