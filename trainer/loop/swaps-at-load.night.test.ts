import { expect, it } from 'vitest'
import { describeServices } from '#streams/testing/services'
import { openScoreLoop } from './bench/kafka-score-loop.ts'
import { swapMemory } from './bench/swap-table.ts'
import { swapAtLoad } from './bench/swaps-at-load.ts'

/** What a heap may differ by from one moment to the next, and what may be left of a hundred swaps, of 80 MiB that went through. */
const GROWTH = { share: 1.1, mibPerHundred: 2 }

describeServices('1,000 swaps while requests never cease', (addresses) => {
  it('fail no request, and the scorer keeps its size', async () => {
    const loop = await openScoreLoop(addresses, () => undefined)
    const found = await swapAtLoad(loop, { swaps: 1_000, connections: 4 }).finally(() => loop.close())
    expect(found.failed).toBe(0)
    expect(Object.values(found.byModel).every((count) => count >= 500)).toBe(true)
    const { warmMib, lastMib, mibPerHundred } = swapMemory(found)
    expect(lastMib / warmMib).toBeLessThan(GROWTH.share)
    expect(mibPerHundred).toBeLessThan(GROWTH.mibPerHundred)
  })
})
