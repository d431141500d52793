import { expect, it } from 'vitest'
import { foreignCandidate, promotion, startLearning } from '../learning/testing/started-learning.ts'

const MINUTE_MS = 60_000

/** What was withdrawn, of which models. */
async function withdrawnAfter(strayFileMinutes: number): Promise<string[]> {
  const { learning, found, foundFile, erased } = await startLearning([{ use: 'ftrl' }], {
    promotion: { ...promotion, strayFileMinutes },
  })
  foundFile(foreignCandidate('no-move'), { pieces: 2 })
  found(foreignCandidate('waits'))
  found(foreignCandidate('serves'), { stage: 'champion' })
  found(foreignCandidate('gone'), { stage: 'rejected' })
  await learning.takeOver({ occurredAtMs: 1 })
  await learning.close()
  return erased().map((key) => key.replace(/-click-1-[0-9a-f]+/, ''))
}

it('takes away files without a move, and what is left of rejected models', async () => {
  const erased = await withdrawnAfter(0)
  expect(erased.filter((key) => key.startsWith('no-move'))).toEqual(['no-move/0', 'no-move/1'])
  expect(erased.filter((key) => key.startsWith('gone')).length).toBeGreaterThan(1)
  expect(erased.filter((key) => /^(waits|serves)/.test(key))).toEqual([])
})

it('leaves alone what came just now: its move may be on its way', async () => {
  expect(await withdrawnAfter(1 / MINUTE_MS)).toEqual([])
})
