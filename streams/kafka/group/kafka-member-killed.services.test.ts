import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Addresses } from '../../contract.ts'
import { interaction } from '../../testing/conformance-harness.ts'
import { openKafkaHarness } from '../../testing/kafka-harness.ts'
import { type OwnBrokers, startOwnBrokers } from '../../testing/process-own-brokers.ts'
import { JOINED_LINE, startGroupMember } from '../../testing/process-group-member.ts'
import { describeServices } from '../../testing/services.ts'

const PARTITIONS = [0, 1, 2, 3]
const EVERY_MS = 50

/**
 * Kills one of three members while every partition gets a record each 50 ms, and waits until all are read again.
 *
 * @returns for how long nobody read a partition of the dead one
 */
async function silenceAfterKill(addresses: Addresses): Promise<number> {
  const harness = await openKafkaHarness(addresses)
  const { config } = harness
  const lastReader = new Map<number, number>()
  const readAtMs = new Map<number, number>()
  const members = [0, 1, 2].map((reader) =>
    startGroupMember({ addresses, config }, (partition) => {
      lastReader.set(partition, reader)
      readAtMs.set(partition, performance.now())
    }),
  )
  const value = harness.runtime.codec.encode('interactions', interaction('u', 0))
  let writing = true
  const write = async () => {
    for (let number = 0; writing; number++) {
      for (const partition of PARTITIONS)
        await harness.write('interactions', { key: Buffer.from('u'), value, partition })
      await sleep(EVERY_MS)
    }
  }
  const written = write()
  try {
    await Promise.all(members.map((member) => member.wrote(JOINED_LINE)))
    await harness.until(() => new Set(lastReader.values()).size === 3, 'all three read')
    const victim = 0
    const orphans = PARTITIONS.filter((partition) => lastReader.get(partition) === victim)
    expect(orphans).not.toEqual([])
    await members[victim]!.kill()
    const killedAtMs = performance.now()
    await harness.until(
      () => orphans.every((partition) => lastReader.get(partition) !== victim),
      "the others read what was the dead one's",
    )
    return Math.max(...orphans.map((partition) => readAtMs.get(partition)!)) - killedAtMs
  } finally {
    writing = false
    await written
    await Promise.all(members.map((member) => member.kill()))
    await harness.close()
  }
}

describeServices('one of three that dies hard', (addresses) => {
  it('leaves its partitions without a reader for less than five seconds', async () => {
    const silentMs = await silenceAfterKill(addresses)
    expect(silentMs).toBeLessThan(5_000)
    process.stderr.write(`silent for ${Math.round(silentMs)} ms\n`)
  })

  it('for the least session and a second where brokers permit no shorter one', async () => {
    let brokers: OwnBrokers | undefined
    try {
      brokers = await startOwnBrokers({ settings: { 'group.min.session.timeout.ms': 6_000 } })
      const silentMs = await silenceAfterKill({ ...addresses, kafka: { brokers: brokers.brokers } })
      process.stderr.write(`silent for ${Math.round(silentMs)} ms\n`)
      expect(silentMs).toBeLessThan(7_000)
    } finally {
      await brokers?.stop()
    }
  })
})
