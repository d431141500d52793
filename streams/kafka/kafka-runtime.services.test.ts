import { afterEach, it } from 'vitest'
import { type KafkaHarness, openKafkaHarness } from '../testing/kafka-harness.ts'
import { runtimeConformance } from '../testing/runtime-conformance.ts'
import { describeServices } from '../testing/services.ts'

describeServices('the runtime on a real broker', (addresses) => {
  let harness: KafkaHarness | undefined
  afterEach(async () => {
    await harness?.close()
    harness = undefined
  })

  it.each(runtimeConformance)('$name', async ({ run }) => {
    harness = await openKafkaHarness(addresses)
    await run(harness)
  })
})
