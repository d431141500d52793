import { describe, expect, it } from 'vitest'
import { streamsConfigSchema } from '../../config.ts'
import { deferred } from '../../deferred.ts'
import { ConsumerSilentError } from '../../errors.ts'
import { silentLogger } from '../../log.ts'
import { silentSignals } from '../../signal-registry.ts'
import { recordingStage } from '../../testing/conformance-harness.ts'
import type { KafkaMember, KafkaMemberParts } from './kafka-member.ts'
import { runKafkaStage } from './kafka-stage.ts'

const silent = () => new ConsumerSilentError('conformance', 'nothing was fetched', 180)

/** A stage whose members fail one after the other, each with its error; the next one stays. */
function staffed(falls: readonly { error: Error; hasMoved?: boolean }[], consumerRestartsMax = 3) {
  const counts: string[] = []
  let [joined, closed] = [0, 0]
  const stays = deferred()
  const { limits } = streamsConfigSchema.parse({ limits: { consumerRestartsMax } })
  const parts = {
    limits,
    log: silentLogger,
    signals: { ...silentSignals, count: (name: string) => counts.push(name) },
    outputs: {
      close: () => {
        closed += 1
        return Promise.resolve()
      },
    },
  } as unknown as KafkaMemberParts
  const running = runKafkaStage(recordingStage(), parts, () => {
    const fall = falls[joined++]
    const member: KafkaMember = {
      ready: Promise.resolve(),
      done: fall === undefined ? stays.promise : Promise.reject(fall.error),
      hasMoved: () => fall?.hasMoved ?? false,
      stop() {
        stays.resolve()
        return Promise.resolve()
      },
    }
    return Promise.resolve(member)
  })
  return { running, joined: () => joined, closed: () => closed, restarted: () => counts.length }
}

describe('runKafkaStage', () => {
  it('puts another member in the place of one that fell silent, and ends when asked', async () => {
    const stage = staffed([{ error: silent() }, { error: silent() }])
    await expect.poll(stage.joined).toBe(3)
    await stage.running.stop()
    await stage.running.done
    expect([stage.restarted(), stage.joined(), stage.closed()]).toEqual([2, 3, 1])
  })

  it('fails when consumerRestartsMax members in a row moved nothing', async () => {
    const stage = staffed(
      Array.from({ length: 9 }, () => ({ error: silent() })),
      3,
    )
    await expect(stage.running.done).rejects.toBeInstanceOf(ConsumerSilentError)
    expect([stage.restarted(), stage.joined(), stage.closed()]).toEqual([3, 4, 1])
  })

  it('counts anew from a member that has moved something', async () => {
    const falls = [false, false, true, false, false, false].map((hasMoved) => ({ error: silent(), hasMoved }))
    const stage = staffed(falls, 3)
    await expect(stage.running.done).rejects.toBeInstanceOf(ConsumerSilentError)
    expect(stage.joined()).toBe(6)
  })

  it('does not replace a member that failed for another reason', async () => {
    const stage = staffed([{ error: new TypeError('a bug') }])
    await expect(stage.running.done).rejects.toThrow('a bug')
    expect(stage.joined()).toBe(1)
  })
})
