import { expect, it } from 'vitest'
import { lengthenSessions } from './kafka-session-timeouts.ts'

/** A broker that takes no session below this, after `lengthenSessions`; answers the sessions that were asked for. */
function brokerWithLeast(leastMs: number) {
  const asked: number[] = []
  const prototype = {
    joinGroup(given: unknown): Promise<unknown> {
      const { sessionTimeout } = given as { sessionTimeout: number }
      asked.push(sessionTimeout)
      if (sessionTimeout >= leastMs) return Promise.resolve('joined')
      return Promise.reject(Object.assign(new Error('no'), { type: 'INVALID_SESSION_TIMEOUT' }))
    },
  }
  const brokers = { prototype: prototype as Parameters<typeof lengthenSessions>[0]['prototype'] }
  lengthenSessions(brokers)
  return {
    asked,
    join: (sessionTimeout: number) => brokers.prototype['joinGroup']!.call({}, { sessionTimeout }),
  }
}

it('joins with the session that was asked for where brokers take it, else with the least that they take', async () => {
  for (const [leastMs, asked] of [
    [1_000, [3_500]],
    [6_000, [3_500, 6_000]],
    [30_000, [3_500, 6_000, 10_000, 30_000]],
  ] as const) {
    const broker = brokerWithLeast(leastMs)
    expect(await broker.join(3_500)).toBe('joined')
    expect(broker.asked).toEqual(asked)
  }
})

it('tells that none is long enough, or that it was too long', async () => {
  const refused = { type: 'INVALID_SESSION_TIMEOUT' }
  await expect(brokerWithLeast(60_000).join(3_500)).rejects.toMatchObject(refused)
  await expect(brokerWithLeast(600_000).join(40_000)).rejects.toMatchObject(refused)
})
