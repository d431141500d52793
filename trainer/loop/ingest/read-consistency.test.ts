import { expect, it } from 'vitest'
import type { Fence } from '#feature-store'
import type { TopicKey } from '#schemas'
import { type Consistency, createReadConsistency } from './read-consistency.ts'

const PARTITIONS = 2
/** Users and items of one partition have names of one end. */
const partitionOf = (_topic: TopicKey, key: string) => Number(key.at(-1))
const layout = (id: string) => ({ id })

/** States that are only as far as they are told to be; nothing is there twice without somebody having waited. */
async function started(consistency: Consistency) {
  const states = new Map<string, number>()
  const copies = [0, 0]
  const window = { size: 0, awaits: (userId: string) => userId === 'asking0' }
  const did: string[] = []
  /** What was folded while somebody waited. */
  const folds = () => did.filter((one) => one !== 'flush' && one !== 'rest')
  const tagged = (tag: string) => /^\{(.*)\}/.exec(tag)![1]!
  const reads = await createReadConsistency({
    consistency,
    runtime: {
      topicName: (topic) => `f.${topic}.v1`,
      partitionCount: () => PARTITIONS,
      partitionOf,
      offsets: (topic, partition) =>
        Promise.resolve({
          startOffset: 0,
          endOffset: topic === 'itemInteractions' ? copies[partition]! : 10,
        }),
    },
    store: {
      fences: (tags) =>
        Promise.resolve(tags.map((tag) => ({ nextOffset: states.get(tagged(tag)) ?? 10 }) as Fence)),
    },
    featureSet: {
      layouts: {
        user: layout('u'),
        item: layout('i'),
        userAttributes: layout('ua'),
        itemAttributes: layout('ia'),
      },
    } as unknown as Parameters<typeof createReadConsistency>[0]['featureSet'],
    window,
    flush: () => Promise.resolve(void did.push('flush')),
    rest: () => Promise.resolve(void did.push('rest')).then(() => fold()),
    ended: () => did.length > 20,
  })
  /** Each rest the next of these is folded. */
  const toFold: [place: string, nextOffset: number][] = []
  const fold = () => {
    const next = toFold.shift()
    if (next === undefined) return
    did.push(`${next[0]} ${String(next[1])}`)
    states.set(...next)
  }
  return { reads, window, folds, toFold, copies }
}

it('lets a request read what was told of its user', async () => {
  const { reads, folds, toFold } = await started('read-your-writes')
  reads.told('interactions', 'ann0')
  reads.told('users', 'ann0')
  reads.told('interactions', 'bob0')
  toFold.push(['interactions.0', 11], ['users.0', 11], ['interactions.0', 12])
  await reads.folded('eve0')
  expect(folds()).toEqual([])
  await reads.folded('ann0')
  expect(folds()).toEqual(['interactions.0 11', 'users.0 11'])
  expect([reads.isOpen('asking0'), reads.isOpen('ann0')]).toEqual([true, false])
})

it('lets a request read everything, copies for items included', async () => {
  const { reads, window, folds, toFold, copies } = await started('strong')
  reads.told('interactions', 'ann0')
  toFold.push(['interactions.0', 11], ['itemInteractions.1', 14])
  copies[1] = 14
  await reads.folded('eve1')
  expect(folds()).toEqual(['interactions.0 11', 'itemInteractions.1 14'])
  expect(reads.isOpen('ann0')).toBe(false)
  window.size = 1
  expect(reads.isOpen('ann0')).toBe(true)
})

it('waits for nobody else, but for the items', async () => {
  const { reads, folds, toFold } = await started('eventual')
  reads.told('interactions', 'ann0')
  reads.told('items', 'film1')
  toFold.push(['items.1', 11])
  await reads.folded('ann0')
  expect(folds()).toEqual(['items.1 11'])
  expect(reads.isOpen('asking0')).toBe(false)
})
