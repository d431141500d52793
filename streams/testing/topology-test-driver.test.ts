import { describe, expect, it } from 'vitest'
import type { Example, Interaction } from '#schemas'
import { sampleRecords } from '#schemas/testing'
import { streamsConfigSchema } from '../config.ts'
import type { Stage } from '../stage.ts'
import { runtimeConformance } from './runtime-conformance.ts'
import { createTopologyTestDriver, type TopologyTestDriver } from './topology-test-driver.ts'

const config = streamsConfigSchema.parse({
  limits: { retryAttemptsMax: 3, retryDelayMs: 10, batchRecordsMax: 7 },
})

describe('the driver is a Runtime', () => {
  for (const seed of [1, 2, 3]) {
    it.each(runtimeConformance)(`seed ${seed}: $name`, async ({ run }) => {
      const driver = await createTopologyTestDriver({ seed, config })
      await run({
        runtime: driver,
        another: () => Promise.resolve(driver),
        write: (topic, record) => Promise.resolve(void driver.produceBytes(topic, record)),
        takeBack: (topic, { key, partition = driver.partitionOf(topic, key.toString()) }) =>
          Promise.resolve(driver.takeBack(topic, partition)),
        raw: (topic) => Promise.resolve(driver.rawRecords(topic)),
        async until(holds, what) {
          await driver.settle()
          expect(holds(), what).toBe(true)
        },
        during: (promise) => driver.settleUntil(promise),
      })
    })
  }
})

/** interactions -> outcomes by item -> examples: two stages that copy and count. */
function copyStage(): Stage<'interactions'> {
  return {
    name: 'copy',
    sources: ['interactions'],
    startFrom: 'earliest',
    async batch({ records }, outputs) {
      for (const { value } of records) {
        if (value === null) continue
        const { interactionId: outcomeId, userId, itemId } = value
        outputs.add('outcomes', {
          key: itemId,
          value: { ...sampleRecords.outcomes, outcomeId, userId, itemId },
        })
      }
      await outputs.flush()
      return { kind: 'done' }
    },
  }
}

function countStage(now: () => number): Stage<'outcomes'> {
  const counts = new Map<string, number>()
  return {
    name: 'count',
    sources: ['outcomes'],
    startFrom: 'earliest',
    batch({ records }, outputs) {
      for (const { value } of records) {
        if (value === null) continue
        const count = (counts.get(value.itemId) ?? 0) + 1
        counts.set(value.itemId, count)
        const example: Example = {
          ...sampleRecords.examples,
          exampleId: `${value.itemId}/${count}`,
          userId: value.userId,
          maturedAtMs: now(),
        }
        outputs.add('examples', { key: value.userId, value: example })
      }
      return Promise.resolve({ kind: 'done' })
    },
  }
}

async function runTopology(
  seed: number,
  disturb?: (driver: TopologyTestDriver) => Promise<void>,
): Promise<TopologyTestDriver> {
  const driver = await createTopologyTestDriver({ seed, config })
  await driver.runStage(copyStage())
  await driver.runStage(countStage(() => driver.clock.nowMs()))
  for (let index = 0; index < 200; index++) {
    const value: Interaction = {
      ...sampleRecords.interactions,
      interactionId: `i-${index}`,
      userId: `u-${index % 9}`,
      itemId: `item-${index % 5}`,
    }
    driver.produce('interactions', value.userId, value)
    if (index % 20 === 0) await driver.step()
  }
  await disturb?.(driver)
  await driver.settle()
  return driver
}

describe('one seed', () => {
  it('gives the same bytes in every topic, another seed others', async () => {
    const digests = await Promise.all([7, 7, 8].map(async (seed) => (await runTopology(seed)).digest()))
    expect(digests[1]).toBe(digests[0])
    expect(digests[2]).not.toBe(digests[0])
  })
  it('gives the same bytes with crashes, rebalances and duplicates', async () => {
    const disturb = async (driver: TopologyTestDriver) => {
      driver.duplicate(0.1)
      driver.crashNext('copy', 'flush')
      await driver.settle()
      await driver.runStage(copyStage())
      await driver.rebalance('count')
    }
    const [first, second] = [await runTopology(7, disturb), await runTopology(7, disturb)]
    expect(second.digest()).toBe(first.digest())
    expect(first.records('outcomes').length).toBeGreaterThan(200)
  })
})

describe('a crash', () => {
  it.each(['flush', 'commit'] as const)('during %s loses nothing', async (moment) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const driver = await runTopology(seed, async (disturbed) => {
        disturbed.crashNext('copy', moment)
        await disturbed.settle()
        await disturbed.runStage(copyStage())
      })
      const ids = new Set(driver.records('outcomes').map(({ value }) => value!.outcomeId))
      expect(ids.size).toBe(200)
    }
  })
  it('rejects done and does not close', async () => {
    const driver = await createTopologyTestDriver({ seed: 1, config })
    const closed: number[] = []
    const running = await driver.runStage({
      ...copyStage(),
      closed: (_, partition) => Promise.resolve(void closed.push(partition)),
    })
    await driver.crash('copy')
    await expect(running.done).rejects.toMatchObject({ code: 'stage_killed' })
    expect(closed).toEqual([])
  })
})

describe('compaction', () => {
  it('leaves holes that stages and followers step over', async () => {
    const driver = await createTopologyTestDriver({ seed: 3, config })
    for (let version = 0; version < 10; version++)
      driver.produce('users', 'u-1', { ...sampleRecords.users, occurredAtMs: version + 1 })
    driver.compact('users')
    const seen: number[] = []
    const running = await driver.follow({
      name: 'f',
      topic: 'users',
      startFrom: 'earliest',
      record: ({ offset }) => void seen.push(offset),
    })
    await running.ready
    expect(seen).toEqual([9])
    expect(await driver.offsets('users', driver.partitionOf('users', 'u-1'))).toEqual({
      startOffset: 9,
      endOffset: 10,
    })
  })
})
