import { describe, expect, it } from 'vitest'
import { createErasureBook } from '#streams'
import { erasedExamples } from './erased-examples.ts'
import { createJoinedExamples } from './joined-examples.ts'
import { exampleOf } from './testing/sample-examples.ts'

const ASKED_MS = 1_000_000

describe('an export leaves out who was erased', () => {
  const book = createErasureBook()
  const { userId, itemId } = exampleOf(1)
  const about = { erasureId: 'e', askedBy: 'command' as const, askedAtMs: ASKED_MS }
  const upTo = [{ topic: 'feed.examples.v1', partition: 2, offset: 10 }]
  book.add({ ...about, entity: 'user', id: userId, upTo })
  const logged = (offset: number, brokerTimeMs?: number, partition = 2) => ({
    raw: { partition, offset, ...(brokerTimeMs === undefined ? {} : { brokerTimeMs }) },
    value: exampleOf(1),
  })

  it('up to where their erasure holds in the examples topic', () => {
    const isErased = erasedExamples(book, { topicName: 'feed.examples.v1', isJoinedAgain: false })
    expect([9, 10].map((offset) => isErased(logged(offset)))).toEqual([true, false])
    expect(isErased(logged(9, 0, 1))).toBe(false)
    expect(isErased({ ...logged(9), value: exampleOf(2) })).toBe(false)
  })

  it('what was joined again before it; what came later is joined without them', () => {
    const isErased = erasedExamples(book, { topicName: 'feed.examples.v1.a', isJoinedAgain: true })
    expect(isErased(logged(99, ASKED_MS - 1))).toBe(true)
    expect(isErased(logged(99, ASKED_MS + 120_000))).toBe(false)
    expect(isErased(logged(99))).toBe(false)
    book.add({ ...about, entity: 'item', id: itemId, upTo: [] })
    expect(isErased(logged(99))).toBe(true)
  })
})

describe('examples that are joined as they are read', () => {
  const runtime = { partitionOf: (_: unknown, key: string) => key.length % 2 }
  const joining = (done: Promise<void>) => () =>
    Promise.resolve({ done, pending: () => 0, stop: () => Promise.resolve() })

  it('come in their order, and a flush waits until they were taken', async () => {
    const { outputs, read } = createJoinedExamples(runtime)
    const flushed: number[] = []
    const work = (async () => {
      for (let n = 0; n < 5; n++) {
        outputs.add('examples', { key: 'u'.repeat(n), value: exampleOf(n) })
        await outputs.flush()
        flushed.push(n)
      }
    })()
    const seen = []
    for await (const { raw, value } of read(joining(work))) {
      seen.push([value!.requestId, raw.partition, raw.offset])
      expect(flushed).toHaveLength(seen.length - 1)
    }
    expect(seen).toEqual([0, 1, 2, 3, 4].map((n) => [`r-${String(n)}`, n % 2, Math.floor(n / 2)]))
  })

  it('end with what ended the join', async () => {
    const { read } = createJoinedExamples(runtime)
    const all = async () => {
      for await (const _ of read(joining(Promise.reject(new Error('broken'))))) expect.fail('there is none')
    }
    await expect(all()).rejects.toThrow('broken')
  })
})
