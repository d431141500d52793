import { expect, it } from 'vitest'
import { featureStoreConfigSchema } from '../config.ts'
import { judgeErasures } from '../erasure/judge-erasures.ts'
import { judgeEntities, judgeExpiry } from './judge-entities.ts'

const config = featureStoreConfigSchema.parse({ limits: { entitiesMax: 1_000 } })

it('tells how many are kept, and warns before and when somebody has to make room', () => {
  const counted = (entities: number, horizonMs = -1) => ({ entities, horizonMs })
  expect(judgeEntities('users', [counted(899), null, counted(5)], config)).toMatchObject({
    verdict: 'ok',
    found: '904 in 3 partitions, at most 899 of 1,000 in one',
  })
  expect(judgeEntities('items', [counted(900)], config)).toMatchObject({
    verdict: 'warning',
    found: expect.stringContaining('soon') as string,
  })
  expect(judgeEntities('items', [counted(5), counted(995, 1_700_000_000_000)], config)).toMatchObject({
    verdict: 'warning',
    found: expect.stringContaining('not heard of since 2023-11-14T22:13:20.000Z') as string,
  })
  expect(judgeEntities('users', [], config).verdict).toBe('ok')
})

it('tells what is forgotten by itself', () => {
  expect(judgeExpiry(config).found).toContain('90 days')
  expect(judgeExpiry(featureStoreConfigSchema.parse({ expiry: { inactiveDays: 0 } })).found).toContain('off')
})

it('tells erasures that the fold has not come to', () => {
  const at = { topic: 'feed.interactions.v1', partition: 1 }
  const erasure = { entity: 'user', id: 'secret', erasureId: 'e-1', askedBy: 'command', askedAtMs: 1_000 }
  const asked = [{ ...erasure, upTo: [{ ...at, offset: 9 }, { topic: 'feed.examples.v1', partition: 0, offset: 99 }] }] // prettier-ignore
  const judge = (offset: number | null) => judgeErasures(asked, new Set([at.topic]), () => offset, 2_000)
  expect(judge(9)).toMatchObject({ verdict: 'ok', found: '1 kept, 1 of the last day; none is under way' })
  for (const offset of [8, null]) {
    const { verdict, found } = judge(offset)
    expect(verdict).toBe('warning')
    expect(found).toContain('e-1')
    expect(found).not.toContain('secret')
  }
})
