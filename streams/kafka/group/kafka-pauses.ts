import type { Consumer } from 'kafkajs'
import type { Logger, Signals } from '../../stage.ts'
import { LOG_EVENTS } from '../../signals.ts'

export interface PausesParts {
  stage: string
  consumer: Pick<Consumer, 'pause' | 'resume'>
  log: Logger
  signals: Signals
}

/** Partitions of one consumer that rest for a while; what is counted here is back-pressure that operations can see. */
export interface Pauses {
  /** Fetches nothing of the partition for so long. */
  pause(topic: string, partition: number, delayMs: number): void
  /** Forgets what was to be resumed: the group is divided anew, or left. */
  clear(): void
  /** Runs what needs a consumer in the group. */
  whileJoined(act: () => void): void
}

export function createPauses({ stage, consumer, log, signals }: PausesParts): Pauses {
  const timers = new Set<NodeJS.Timeout>()

  /** Between a crash of the consumer and its restart there is nothing to pause or seek; the next join begins anew. */
  function whileJoined(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('Consumer group was not initialized')))
        throw error
      log.debug({ stage }, LOG_EVENTS.consumerAway)
    }
  }

  return {
    whileJoined,
    pause(topic, partition, delayMs) {
      const one = [{ topic, partitions: [partition] }]
      whileJoined(() => consumer.pause(one))
      signals.count('partitions_paused', { stage })
      signals.count('partitions_paused_seconds', { stage }, delayMs / 1_000)
      const timer = setTimeout(() => {
        timers.delete(timer)
        signals.count('partitions_resumed', { stage })
        whileJoined(() => consumer.resume(one))
      }, delayMs)
      timers.add(timer)
    },
    clear() {
      for (const timer of timers) clearTimeout(timer)
      signals.count('partitions_resumed', { stage }, timers.size)
      timers.clear()
    },
  }
}
