import { describe, expect, it } from 'vitest'
import { trainerConfigSchema } from '../../config.ts'
import { external } from '../choice.ts'
import { createOutputTail } from './output-tail.ts'
import { windowManifestOf } from './window-manifest.ts'

describe('an external learner in the configuration', () => {
  const learnersOf = (...learners: unknown[]) => trainerConfigSchema.safeParse({ learners })

  it('is a program with its settings', () => {
    const command = ['python3', 'train.py', '--rounds', '100']
    const learner = external({ name: 'mine', command, halfLifeMinutes: 600 })
    expect(learnersOf(learner, { use: 'ftrl' }).data?.learners[0]).toEqual({
      ...{ use: 'external', name: 'mine', command, halfLifeMinutes: 600 },
      ...{ timeoutMinutes: 20, outputKilobytesMax: 4, modelMegabytesMax: 64, anewShare: 0, seed: 1 },
    })
  })

  it.each([
    [{ use: 'external' }, 'learners.0.command'],
    [{ use: 'external', command: [] }, 'learners.0.command'],
    [{ use: 'external', command: [''] }, 'must begin with a program'],
    [{ use: 'external', command: 'python3 train.py' }, 'learners.0.command'],
    [{ use: 'external', command: ['train'], trees: 3 }, 'trees'],
    [{ use: 'external', command: ['train'], timeoutMinutes: 0 }, 'learners.0.timeoutMinutes'],
  ])('refuses %j', (learner, mistake) => {
    const { error } = learnersOf(learner)
    const told = error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    expect(told?.join('\n')).toContain(mistake)
  })
})

describe('the manifest of a window', () => {
  const rows = {
    ...{ count: 3, width: 2, vectors: new Float32Array(6) },
    ...{ labels: Uint8Array.of(0, 1, 1), occurredAtMs: Float64Array.of(30, 10, 20) },
  }

  it('says what is in it', () => {
    const buckets = [{ columns: [1], size: 64 }] as never
    const task = { width: 2, graphName: 'g', columns: ['ctr', 'author'], buckets, label: 'click' }
    expect(windowManifestOf(rows, { ...task, seed: 4 })).toMatchObject({
      ...{ label: 'click', columns: ['ctr', 'author'], bucketColumns: ['author'] },
      ...{ rows: 3, positives: 2, fromMs: 10, toMs: 30, seed: 4 },
    })
  })

  it('gives way to features that have the names of other columns', () => {
    const columns = ['label', '_label']
    const { rowColumns } = windowManifestOf(rows, { width: 2, graphName: 'g', columns, seed: 1 })
    expect(rowColumns).toMatchObject({ label: '__label', weight: 'weight' })
  })
})

describe('what a program prints', () => {
  it('is kept within its bound, the end of it', () => {
    const tail = createOutputTail(10)
    for (const text of ['a\n', 'bb\r\n', '0123456789abc\n', 'end\n\n']) tail.add(Buffer.from(text))
    expect(tail.told('It failed')).toBe('It failed: end\n  | 9abc')
  })

  it('is said to be nothing', () => {
    expect(createOutputTail(10).told('It failed')).toBe('It failed, and printed nothing')
  })

  it('does not make a sentence longer than a line', () => {
    const tail = createOutputTail(2_000)
    tail.add(Buffer.from('x'.repeat(1_000)))
    expect(tail.told('It failed')).toBe(`It failed: ${'x'.repeat(300)}...`)
  })
})
