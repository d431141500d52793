import { expect, it } from 'vitest'
import { silentLogger } from '../log.ts'
import { askAgain } from './kafka-ask-again.ts'

const parts = (brokerOutageSecondsMax: number) => ({
  brokers: ['b:1'],
  limits: { brokerOutageSecondsMax },
  log: silentLogger,
})
const broken = () => Object.assign(new Error('read ECONNRESET'), { name: 'KafkaJSConnectionError' })

it('asks again while connections break', async () => {
  let asked = 0
  const answer = await askAgain(
    () => (++asked < 3 ? Promise.reject(broken()) : Promise.resolve('here')),
    parts(60),
  )
  expect(answer).toBe('here')
  expect(asked).toBe(3)
})

it('gives up when the outage has lasted too long', async () => {
  await expect(askAgain(() => Promise.reject(broken()), parts(0))).rejects.toMatchObject({
    code: 'kafka_unreachable',
  })
})

it('does not ask again what will be refused again', async () => {
  let asked = 0
  const refused = Object.assign(new Error('no'), {
    name: 'KafkaJSProtocolError',
    type: 'TOPIC_AUTHORIZATION_FAILED',
  })
  const ask = () => {
    asked += 1
    return Promise.reject(refused)
  }
  await expect(askAgain(ask, parts(60))).rejects.toMatchObject({ code: 'kafka_permission' })
  expect(asked).toBe(1)
})
