import type { brokerClass } from './kafka-refusals.ts'

interface JoinRequest {
  sessionTimeout: number
}

/**
 * `group.min.session.timeout.ms` as brokers have it by default, then what they may have been set to. They say neither
 * in their answer, and only who may describe the cluster's settings may ask.
 */
const SESSION_MS_LADDER = [6_000, 10_000, 30_000]

const isTooShort = (error: unknown) =>
  (error as { type?: unknown } | null)?.type === 'INVALID_SESSION_TIMEOUT'

/**
 * A session that is shorter than the brokers permit becomes the shortest that they take, instead of no session.
 *
 * @param brokers changed in place
 */
export function lengthenSessions({ prototype }: typeof brokerClass): void {
  const { joinGroup } = prototype
  if (joinGroup === undefined) throw new Error('kafkajs has no request joinGroup')
  prototype.joinGroup = async function (given) {
    const asked = given as JoinRequest
    const longer = SESSION_MS_LADDER.filter((sessionMs) => sessionMs > asked.sessionTimeout)
    for (const sessionTimeout of [asked.sessionTimeout, ...longer]) {
      try {
        return await joinGroup.call(this, { ...asked, sessionTimeout })
      } catch (error) {
        if (!isTooShort(error) || sessionTimeout === longer.at(-1) || longer.length === 0) throw error
      }
    }
    return undefined
  }
}
