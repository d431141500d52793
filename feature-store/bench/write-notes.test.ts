import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createWriteNotes, readNotes } from './write-notes.ts'

it('gives back every write that was noted, in order', () => {
  const offset = fc.nat(2 ** 31)
  const write = fc.record({
    side: fc.constantFrom('user' as const, 'item' as const),
    partition: fc.nat(100),
    nextOffset: offset,
    sourceHighs: fc.array(fc.tuple(fc.nat(50), offset)).map((highs) => new Map(highs)),
    atMs: fc.double({ noNaN: true, min: 0 }),
  })
  fc.assert(
    fc.property(fc.array(write), fc.integer({ min: 1, max: 20_000 }), (writes, repeated) => {
      const all = writes.flatMap((each, n) =>
        n === 0 ? Array.from({ length: repeated }, () => each) : [each],
      )
      const notes = createWriteNotes()
      for (const each of all) notes.add(each)
      expect(readNotes(notes.bytes())).toEqual(all)
    }),
    { numRuns: 20 },
  )
})
