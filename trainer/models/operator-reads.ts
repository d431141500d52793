import type { Example } from '#schemas'
import type { CommandContext } from '#streams'
import { createModelLog, followModels, type ModelLog } from './model-log.ts'

export type Connection = Awaited<ReturnType<CommandContext<never>['connect']>>

/** Connected for the time of one command. */
export async function connected<T>(
  { connect }: Pick<CommandContext<never>, 'connect'>,
  work: (runtime: Connection) => Promise<T>,
): Promise<T> {
  const runtime = await connect('trainer-models')
  try {
    return await work(runtime)
  } finally {
    await runtime.close()
  }
}

export async function readModelLog(runtime: Connection): Promise<ModelLog> {
  const log = createModelLog()
  const following = await followModels(runtime, log)
  await following.ready
  await following.stop()
  return log
}

/** Those that matured last, oldest first. The whole topic is read: it has no index by time of maturing. */
export async function newestExamples(runtime: Connection, count: number): Promise<Example[]> {
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
