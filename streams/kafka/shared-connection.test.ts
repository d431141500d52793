import { expect, it } from 'vitest'
import { createSharedConnection } from './shared-connection.ts'

function open() {
  const events: string[] = []
  let made = 0
  const shared = createSharedConnection(() => {
    const n = ++made
    events.push(`connect ${String(n)}`)
    return Promise.resolve({
      n,
      disconnect: () => Promise.resolve(void events.push(`disconnect ${String(n)}`)),
    })
  })
  return { shared, events }
}
const fails = () => Promise.reject(new Error('Closed connection'))

it('is made once, with the first question, and closed', async () => {
  const { shared, events } = open()
  const answers = await Promise.all([1, 2].map(() => shared.use(({ n }) => Promise.resolve(n))))
  expect(answers).toEqual([1, 1])
  await shared.close()
  expect(events).toEqual(['connect 1', 'disconnect 1'])
})

it('tells each of several questions that fail together why, and connects anew', async () => {
  const { shared } = open()
  const asked = await Promise.allSettled([shared.use(fails), shared.use(fails), shared.use(fails)])
  expect(asked.map((one) => (one.status === 'rejected' ? String(one.reason) : 'answered'))).toEqual(
    Array.from({ length: 3 }, () => 'Error: Closed connection'),
  )
  expect(await shared.use(({ n }) => Promise.resolve(n))).toBe(2)
})

it('keeps the new connection when a question of the old one fails late', async () => {
  const { shared, events } = open()
  let failLate = (_error: Error): void => undefined
  const late = shared.use(() => new Promise<never>((_, reject) => void (failLate = reject)))
  await expect(shared.use(fails)).rejects.toThrow('Closed connection')
  await shared.use(() => Promise.resolve())
  failLate(new Error('late'))
  await expect(late).rejects.toThrow('late')
  expect(await shared.use(({ n }) => Promise.resolve(n))).toBe(2)
  expect(events).not.toContain('disconnect 2')
})

it('is not closed when it was never made', async () => {
  const { shared, events } = open()
  await shared.close()
  expect(events).toEqual([])
})

it('is not made again by a question that comes after the end', async () => {
  const { shared, events } = open()
  await shared.use(() => Promise.resolve())
  await shared.close()
  await expect(shared.use(() => Promise.resolve())).rejects.toThrow('nothing is asked any more')
  expect(events).toEqual(['connect 1', 'disconnect 1'])
})

it('ends in order while a connection cannot be made', async () => {
  const shared = createSharedConnection<{ disconnect(): Promise<void> }>(() =>
    Promise.reject(new Error('Connection timeout')),
  )
  const asked = shared.use(() => Promise.resolve())
  const closed = shared.close()
  await expect(asked).rejects.toThrow('Connection timeout')
  await expect(closed).resolves.toBeUndefined()
})
