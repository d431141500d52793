import { expect, test } from 'vitest'
import type { Erasure } from '#schemas'
import { createErasureBook, leaveOutErased } from './erasure-book.ts'

const LETTERS = 'feed.dead-letters.v1'
const EXAMPLES = 'feed.examples.v1'

const erasureOf = (id: string, upTo: Erasure['upTo'], askedAtMs = 1): Erasure => ({
  entity: 'user',
  id,
  erasureId: `e-${id}`,
  askedBy: 'command',
  askedAtMs,
  upTo,
})
const at = (key: string | null, offset: number, topic = EXAMPLES) => ({
  topic,
  partition: 2,
  offset,
  key: key === null ? null : Buffer.from(key),
})

test('covers what lies before the erasure in the partitions it names, and nothing of others', () => {
  const book = createErasureBook()
  expect(book.covers(at('u-1', 0))).toBe(false)
  book.add(erasureOf('u-1', [{ topic: EXAMPLES, partition: 2, offset: 10 }]))
  expect(book.covers(at('u-1', 9))).toBe(true)
  expect(book.covers(at('u-1', 10))).toBe(false)
  expect(book.covers(at('u-12', 9))).toBe(false)
  expect(book.covers(at(null, 9))).toBe(false)
  expect(book.covers(at('u-1', 9, 'feed.outcomes.v1'))).toBe(false)
  expect(book.upTo('user', 'u-1', { topic: EXAMPLES, partition: 2 })).toBe(10)
  expect(book.upTo('item', 'u-1', { topic: EXAMPLES, partition: 2 })).toBe(0)
})

test('a second erasure holds further, and one that comes late takes nothing back', () => {
  const book = createErasureBook()
  book.add(erasureOf('u-1', [{ topic: EXAMPLES, partition: 2, offset: 30 }], 2))
  book.add(erasureOf('u-1', [{ topic: EXAMPLES, partition: 2, offset: 10 }], 1))
  expect(book.covers(at('u-1', 29))).toBe(true)
  expect(book.size).toBe(1)
  expect(book.newest('user', 'u-1')?.askedAtMs).toBe(2)
})

test('a dead letter is covered by its key, and by bytes that spell the id, not by those that contain it', () => {
  const book = createErasureBook()
  book.add(erasureOf('u-1', [{ topic: LETTERS, partition: 0, offset: 5 }]))
  const letter = (value: string | Buffer | null, key: string | null = null) => ({
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  })
  const place = { topic: LETTERS, partition: 0, offset: 4 }
  expect(book.coversLetter(place, letter(null, 'u-1'))).toBe(true)
  expect(book.coversLetter(place, letter('{"userId":"u-1"}'))).toBe(true)
  expect(book.coversLetter(place, letter('{"userId":"u-12"}'))).toBe(false)
  // Avro strings: the length as a zigzag varint, then the text.
  expect(book.coversLetter(place, letter(Buffer.from('\u0000\u0000\u0006u-1\u0002')))).toBe(true)
  expect(book.coversLetter(place, letter(Buffer.from('\u0000\u0000\u0008u-12\u0002')))).toBe(false)
  expect(book.coversLetter({ ...place, offset: 5 }, letter(null, 'u-1'))).toBe(false)
})

test('as a step it drops what is covered', () => {
  const book = createErasureBook()
  book.add(erasureOf('u-1', [{ topic: EXAMPLES, partition: 2, offset: 10 }]))
  const step = leaveOutErased<string>(book)
  expect(step('a', { ...at('u-1', 9), brokerTimeMs: 0 })).toEqual({ kind: 'drop', reason: 'erased' })
  expect(step('a', { ...at('u-1', 10), brokerTimeMs: 0 })).toMatchObject({ kind: 'pass', value: 'a' })
})
