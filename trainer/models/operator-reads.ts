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
