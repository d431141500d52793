import type { Example } from '#schemas'
import type { Runtime } from '#streams'

/** Those that matured last, the oldest first. The whole topic is read: it has no index by time of maturing. */
export async function newestExamples(runtime: Pick<Runtime, 'follow'>, count: number): Promise<Example[]> {
  let newest: Example[] = []
  const follower = await runtime.follow({
    name: 'trainer-examples',
    topic: 'examples',
    startFrom: 'earliest',
    record({ value }) {
      if (value === null) return
      newest.push(value)
      if (newest.length >= 8 * count) newest = sorted(newest).slice(-count)
    },
  })
  await follower.ready
  await follower.stop()
  return sorted(newest).slice(-count)
}

const sorted = (examples: Example[]) => examples.sort((left, right) => left.maturedAtMs - right.maturedAtMs)
