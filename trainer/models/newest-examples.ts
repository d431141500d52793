import type { Example } from '#schemas'
import { followErasures, type Runtime } from '#streams'
import { isErasedExample } from './erased-example.ts'

/** Those that matured last, the oldest first, without those of erased users and items. The whole topic is read: it has no index by time of maturing. */
export async function newestExamples(
  runtime: Pick<Runtime, 'follow' | 'offsets'>,
  count: number,
): Promise<Example[]> {
  let newest: Example[] = []
  const erasures = await followErasures(runtime, { name: 'trainer-erasures' })
  await erasures.ready
  await erasures.stop()
  const follower = await runtime.follow({
    name: 'trainer-examples',
    topic: 'examples',
    startFrom: 'earliest',
    record(record) {
      const { value } = record
      if (value === null || isErasedExample(erasures.book, record, value)) return
      newest.push(value)
      if (newest.length >= 8 * count) newest = sorted(newest).slice(-count)
    },
  })
  await follower.ready
  await follower.stop()
  return sorted(newest).slice(-count)
}

const sorted = (examples: Example[]) => examples.sort((left, right) => left.maturedAtMs - right.maturedAtMs)
