import { describe, expect, it } from 'vitest'
import type { ModelArtifact } from '#schemas'
import { createArtifactShelf } from './artifact-shelf.ts'

const piece = (changes: Partial<ModelArtifact> & { text?: string } = {}): ModelArtifact => {
  const { text = 'abc', ...rest } = changes
  return { modelId: 'm', index: 0, count: 1, sha256: 's', bytes: Buffer.from(text), ...rest }
}
const shelfOf = (artifactBytesMax = 100, artifactsHeldBytesMax = 100) =>
  createArtifactShelf({ artifactBytesMax, artifactsHeldBytesMax })
const textOf = (shelf: ReturnType<typeof shelfOf>, modelId = 'm') => {
  const file = shelf.file(modelId)
  return file === undefined ? undefined : Buffer.from(file.onnx).toString()
}

describe('artifact shelf', () => {
  it('puts pieces together in any order, repeated or not', () => {
    const shelf = shelfOf()
    for (const [index, text] of [
      [2, 'C'],
      [0, 'A'],
      [2, 'C'],
    ] as const)
      shelf.add(piece({ index, count: 3, text }))
    expect(textOf(shelf)).toBeUndefined()
    shelf.add(piece({ index: 1, count: 3, text: 'B' }))
    expect(textOf(shelf)).toBe('ABC')
    expect(textOf(shelf, 'other')).toBeUndefined()
  })

  it('has a new version when a piece changes, and only then', () => {
    const shelf = shelfOf()
    shelf.add(piece({ index: 0, count: 2, text: 'A' }))
    shelf.add(piece({ index: 1, count: 2, text: 'X' }))
    const before = shelf.file('m')?.version
    shelf.add(piece({ index: 1, count: 2, text: 'X' }))
    expect(shelf.file('m')?.version).toBe(before)
    shelf.add(piece({ index: 1, count: 2, text: 'B' }))
    expect(shelf.file('m')?.version).not.toBe(before)
    expect(textOf(shelf)).toBe('AB')
  })

  it('starts over when another file is uploaded under the same id', () => {
    const shelf = shelfOf()
    shelf.add(piece({ index: 0, count: 2, text: 'A' }))
    shelf.add(piece({ index: 1, count: 2, text: 'B', sha256: 'other' }))
    expect(textOf(shelf)).toBeUndefined()
    shelf.add(piece({ index: 0, count: 2, text: 'a', sha256: 'other' }))
    expect(textOf(shelf)).toBe('aB')
  })

  it.each([
    { index: -1 },
    { index: 1 },
    { index: 0.5 },
    { count: 0 },
    { count: NaN },
    { index: 5, count: 10_001 },
  ])('refuses %j', (changes) => expect(shelfOf().add(piece(changes))).toBe('malformed'))

  it('takes a file at the bound and refuses one past it', () => {
    const shelf = shelfOf(4)
    expect(shelf.add(piece({ index: 0, count: 2, text: 'AB' }))).toBe('held')
    expect(shelf.add(piece({ index: 1, count: 2, text: 'CD' }))).toBe('held')
    expect(shelf.add(piece({ index: 1, count: 2, text: 'CDE' }))).toBe('too_large')
    expect(textOf(shelf)).toBeUndefined()
  })

  it('evicts what is not wanted, oldest first, then the least wanted, never the most wanted', () => {
    const shelf = shelfOf(100, 6)
    for (const modelId of ['m1', 'm2', 'm3']) shelf.add(piece({ modelId }))
    expect(shelf.evict(['m1'])).toEqual(['m2'])
    expect(shelf.evict(['m1'])).toEqual([])
    shelf.add(piece({ modelId: 'm4', text: 'abcdefg' }))
    expect(shelf.evict(['m4', 'm3', 'm1', 'm4', 'gone'])).toEqual(['m1', 'm3'])
    expect(textOf(shelf, 'm4')).toBe('abcdefg')
  })
})
