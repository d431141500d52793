import { describe, expect, it } from 'vitest'
import { sampleRecords } from '#schemas/testing'
import { streamsConfigSchema } from '../config.ts'
import type { Stage } from '../stage.ts'
import { createMemoryRuntime, type MemoryRuntime, type MemoryRuntimeOptions } from './memory-runtime.ts'

const config = streamsConfigSchema.parse({ kafka: { partitions: 1 } })
const open = (options: Partial<MemoryRuntimeOptions>) => createMemoryRuntime({ seed: 1, config, ...options })
const full = expect.objectContaining({ code: 'memory_log_full', policy: 'operator' }) as unknown

const produce = (runtime: MemoryRuntime, count: number) => {
  for (let index = 0; index < count; index++)
    runtime.produce('interactions', 'u', { ...sampleRecords.interactions, interactionId: `i-${index}` })
}

function countingStage(name: string, commitBehind = 0): Stage<'interactions'> & { count(): number } {
  let count = 0
  return {
    name,
    sources: ['interactions'],
    startFrom: 'earliest',
    count: () => count,
    batch({ records, nextOffset }) {
      count += records.length
      return Promise.resolve({ kind: 'done', commit: Math.max(0, nextOffset - commitBehind) })
    },
  }
}

describe('a topic in memory that is full', () => {
  it('refuses more and says which bound to raise', async () => {
    const runtime = await open({ bounds: { topicRecordsMax: 5 } })
    produce(runtime, 5)
    expect(() => produce(runtime, 1)).toThrow(full)
    expect(runtime.records('interactions').length).toBe(5)
  })

  it('stops the stage that writes to it', async () => {
    const runtime = await open({ bounds: { topicRecordsMax: 5 } })
    const running = await runtime.runStage({
      ...countingStage('copy'),
      batch({ records }, outputs) {
        for (const { offset } of records) {
          outputs.add('outcomes', {
            key: 'u',
            value: { ...sampleRecords.outcomes, outcomeId: String(offset) },
          })
          outputs.add('outcomes', { key: 'u', value: { ...sampleRecords.outcomes, outcomeId: `${offset}` } })
        }
        return Promise.resolve({ kind: 'done' })
      },
    })
    produce(runtime, 5)
    await runtime.settle()
    await expect(running.done).rejects.toEqual(full)
  })

  it('forgets what every stage has committed and every follower has read, where that is wanted', async () => {
    const runtime = await open({ bounds: { topicRecordsMax: 5 }, retained: 'unread' })
    const [stage, slow] = [countingStage('fast'), countingStage('slow', 2)]
    await runtime.runStage(stage)
    await runtime.runStage(slow)
    let followed = 0
    await runtime.follow({
      name: 'f',
      topic: 'interactions',
      startFrom: 'earliest',
      record: () => void followed++,
    })
    produce(runtime, 5)
    expect(() => produce(runtime, 1)).toThrow(full)
    await runtime.settle()
    produce(runtime, 3)
    expect(() => produce(runtime, 1)).toThrow(full)
    expect(await runtime.offsets('interactions', 0)).toEqual({ startOffset: 3, endOffset: 8 })
    await runtime.settle()
    expect([stage.count(), slow.count(), followed]).toEqual([8, 8, 8])
  })

  it('tells a stage that comes too late of what it never read', async () => {
    const told: string[] = []
    const signals = { count: (name: string) => void told.push(name), gauge() {}, observe() {} }
    const runtime = await open({
      bounds: { topicRecordsMax: 4 },
      retained: 'unread',
      signals: signals as never,
    })
    await runtime.runStage(countingStage('first'))
    for (let round = 0; round < 3; round++) {
      produce(runtime, 4)
      await runtime.settle()
    }
    const late = countingStage('late')
    await runtime.runStage({ ...late, opened: () => Promise.resolve(0) })
    await runtime.settle()
    expect(late.count()).toBe(4)
    expect(told).toContain('records_lost_to_retention')
  })
})
