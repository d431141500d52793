import type { TopicKey } from '#schemas'
import { deferred } from '../../deferred.ts'
import { ConsumerSilentError } from '../../errors.ts'
import { joinGroup, type KafkaMember, type KafkaMemberParts } from './kafka-member.ts'
import type { RunningStage, Stage } from '../../stage.ts'
import { LOG_EVENTS } from '../../signals.ts'

/**
 * A stage as a group member; when the member stops fetching without a word, another one in its place. As often as
 * `consumerRestartsMax` without a batch between: then the stage fails, and its supervisor begins with a new process.
 *
 * @param joinAsMember for tests: members that do as they are told
 */
export function runKafkaStage<K extends TopicKey>(
  stage: Stage<K>,
  parts: KafkaMemberParts,
  joinAsMember = joinGroup<K>,
): RunningStage {
  const { limits, log, signals, outputs } = parts
  const [ready, done] = [deferred(), deferred()]
  let member: Promise<KafkaMember> = join()
  let isStopping = false

  function join(): Promise<KafkaMember> {
    const joining = joinAsMember(stage, parts)
    joining.then(({ ready: joined }) => joined.then(ready.resolve, () => undefined), ready.reject)
    return joining
  }

  async function supervise(): Promise<void> {
    for (let restarts = 0; ;) {
      const current = await member
      try {
        return await current.done
      } catch (error) {
        if (!(error instanceof ConsumerSilentError) || isStopping) throw error
        restarts = current.hasMoved() ? 1 : restarts + 1
        if (restarts > limits.consumerRestartsMax) throw error
        signals.count('consumers_restarted', { stage: stage.name })
        log.warn({ stage: stage.name, restarts, error: error.message }, LOG_EVENTS.consumerReplaced)
        member = join()
      }
    }
  }

  supervise()
    .finally(() => outputs.close())
    .then(done.resolve, (error: unknown) => {
      ready.reject(error)
      done.reject(error)
    })
  return {
    ready: ready.promise,
    done: done.promise,
    async stop() {
      isStopping = true
      await (await member).stop()
      await done.promise.catch(() => undefined) // a death is told by `done`
    },
  }
}
