import { expect, it } from 'vitest'
import { describeServices } from '#streams/testing/services'
import { addFeature, FEED_BEFORE } from './testing/added-feature.ts'
import { openOwnFeed } from './testing/own-feed.ts'

describeServices('a feature added to a loop that runs', (addresses) => {
  it('is backfilled and used by a promoted model, and every request has its features and a model', async () => {
    const feed = await openOwnFeed(addresses, 'added', FEED_BEFORE)
    const found = await addFeature(feed).finally(() => feed.close())
    const { checked, listed, ...counts } = found
    expect(checked).toMatch(/new item_rate: needs a backfill of the states made from .*itemInteractions/)
    expect(checked).toMatch(/new item_price: needs a backfill of the states made from items/)
    expect(checked).toContain('replay start --for-config')
    expect(listed).toMatch(/none can be made or promoted before: its states made from .* records are left/)
    expect(counts).toMatchObject({ unanswered: 0, fallbacks: [], withoutModel: 0, early: [] })
    expect(Math.min(counts.byOldModel, counts.byNewModel, counts.newVectorsOfOldModel)).toBeGreaterThan(0)
    process.stdout.write(`${JSON.stringify(counts)}\n`)
  })
})
