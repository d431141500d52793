import { expect, it } from 'vitest'
import { createErasureBook, silentSignals } from '#streams'
import { samplePrediction } from '../testing/sample-predictions.ts'
import { erasePending } from './erase-pending.ts'
import { createJoinWindow } from './join-window.ts'
import type { Lane } from './joiner-lanes.ts'
import { createMemoryScratchFile } from './pending/memory-scratch-file.ts'
import { createPredictionSpace } from './pending/prediction-space.ts'
import { DUE, rules, T0 } from './testing/sample-window.ts'

const MINUTE = 60_000

async function laneWith(users: readonly string[]) {
  const scratch = createMemoryScratchFile()
  const space = createPredictionSpace({
    memoryBytesMax: 4_096,
    otherBytes: () => 0,
    scratch,
    diskBytesMax: 1e6,
  })
  const shelf = space.open()
  const window = createJoinWindow({
    rules,
    sources: ['predictions', 'outcomes', 'interactions'],
    shownWithinMs: 10 * MINUTE,
    graceMs: MINUTE,
    earlyOutcomesMax: 100,
    rememberedPredictionsMax: 100,
    release: (kept) => shelf.release(kept),
  })
  for (const [offset, userId] of users.entries()) {
    const prediction = samplePrediction({
      requestId: `r${String(offset)}`,
      userId,
      occurredAtMs: T0,
      items: [{ itemId: 'a' }],
    })
    const bytes = Buffer.from(JSON.stringify(prediction).padEnd(1_500))
    window.prediction(prediction, { source: 'predictions', offset }, () => shelf.put(bytes))
    const told = {
      requestId: prediction.requestId,
      userId,
      itemId: 'a',
      type: 'view',
      occurredAtMs: T0,
      position: null,
    }
    window.outcome(told, { source: 'interactions', offset })
  }
  window.outcome(
    { requestId: 'early', userId: 'gone', itemId: 'a', type: 'view', occurredAtMs: T0, position: null },
    { source: 'interactions', offset: 50 },
  )
  await space.relieve()
  const lane = { partition: 0, window, shelf, erasuresDone: 0 } as unknown as Lane
  return { lane, scratch, window, shelf }
}

const topicName = (topic: string) => `feed.${topic}.v1`
const erasure = {
  ...{ entity: 'user', id: 'gone', erasureId: 'e', askedBy: 'command', askedAtMs: 1 },
  upTo: [
    { topic: 'feed.predictions.v1', partition: 0, offset: 4 },
    { topic: 'feed.interactions.v1', partition: 0, offset: 60 },
  ],
}

it('takes what waits of an erased user out, from memory and from disk, and leaves what came afterwards', async () => {
  const { lane, scratch, window, shelf } = await laneWith(['gone', 'stays', 'gone', 'stays', 'gone', 'stays'])
  expect((await scratch.read(0, scratch.length)).toString()).toContain('gone')
  const book = createErasureBook()
  book.add({ ...erasure, upTo: [erasure.upTo[0]!] })
  const runtime = { signals: silentSignals, topicName } as never
  await erasePending({ runtime, erased: { book, told: [erasure] } }, lane)
  expect(window.pendingCount).toBe(4)
  const due = window.due(DUE, 100)
  const left = await shelf.read(due.needed.map(({ kept }) => kept))
  const users = left.map((bytes) => (JSON.parse(bytes.toString()) as { userId: string }).userId)
  expect(users.sort()).toEqual(['gone', 'stays', 'stays', 'stays'])
  // It was told: the next batch looks for nothing.
  expect(lane.erasuresDone).toBe(1)
})

it('forgets outcomes that wait for their prediction, and leaves no byte of the user on disk', async () => {
  const { lane, scratch, window } = await laneWith(['gone', 'stays', 'gone', 'stays'])
  const book = createErasureBook()
  book.add(erasure)
  const runtime = { signals: silentSignals, topicName } as never
  await erasePending({ runtime, erased: { book, told: [erasure] } }, lane)
  expect((await scratch.read(0, scratch.length)).toString()).not.toContain('gone')
  const late = samplePrediction({
    requestId: 'early',
    userId: 'gone',
    occurredAtMs: T0,
    items: [{ itemId: 'a' }],
  })
  window.prediction(late, { source: 'predictions', offset: 9 }, () => ({ chunk: 0, offset: 0, bytes: 0 }))
  expect(window.due(DUE, 100).needed).toHaveLength(2)
})
