import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { openKafkaHarness } from '../../testing/kafka-harness.ts'
import { startJavaPeer } from '../../testing/process-java-peer.ts'
import { describeServices } from '../../testing/services.ts'
import { KAFKA_ARCHIVE } from '../../stack/archives.ts'
import { createPlainKafka } from '../kafka-client.ts'
import { CODECS } from './kafka-codecs.ts'

const PEER = fileURLToPath(new URL('../../testing/CompressedProducer.java', import.meta.url))
const RECORDS = 40

/** As CompressedProducer.java makes it. */
function valueOf(n: number): Buffer {
  const bytes = Buffer.alloc(n * 1_000)
  let state = n + 1
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    bytes[i] = i % 200 < 100 ? i % 100 : (state >> 16) & 0xff
  }
  return bytes
}

describeServices('what a Java producer compressed', (addresses) => {
  it('is read by each codec, where the topic keeps what its producer made', async () => {
    const unpacked = Object.values(CODECS).map((codec) => vi.spyOn(codec, 'unpack'))
    const harness = await openKafkaHarness(addresses)
    const name = harness.runtime.topicName('interactions')
    const admin = createPlainKafka(addresses.kafka).admin()
    try {
      await admin.connect()
      const configEntries = [{ name: 'compression.type', value: 'producer' }]
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries }] })
      const peer = await startJavaPeer(
        { file: PEER, heap: '128m', archive: KAFKA_ARCHIVE },
        [addresses.kafka.brokers.join(','), name],
        () => undefined,
      )
      expect(await new Promise((resolve) => peer.once('exit', resolve))).toBe(0)
      const records = await harness.raw('interactions')
      expect(unpacked.map((spy) => spy.mock.calls.length > 0)).toEqual([true, true, true, true])
      for (const partition of [0, 1, 2, 3]) {
        const values = records.filter((record) => record.partition === partition).map(({ value }) => value)
        expect(values).toHaveLength(RECORDS)
        values.forEach((value, n) => expect(value?.equals(valueOf(n)), `${partition}/${n}`).toBe(true))
      }
    } finally {
      vi.restoreAllMocks()
      await admin.disconnect()
      await harness.close()
    }
  })
})
