import type { TopicKey } from '#schemas'
import type { Check, Runtime } from './stage.ts'

/** Whether the brokers answer: they are asked for the end of a partition. */
export function brokersCheck(runtime: Pick<Runtime, 'offsets'>, topic: TopicKey): () => Promise<Check> {
  return async function askBrokers() {
    await runtime.offsets(topic, 0)
    return { status: 'ok' }
  }
}

/** Whether the stages of a service have joined their groups. */
export function joinedCheck(ready: Promise<void>): () => Check {
  let isReady = false
  ready.then(
    () => (isReady = true),
    () => undefined, // told by `done`
  )
  return () =>
    isReady ? { status: 'ok' } : { status: 'waiting', reason: 'its partitions are not assigned yet' }
}
