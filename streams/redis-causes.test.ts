import { expect, it } from 'vitest'
import { redisCauseOf } from './redis-causes.ts'

const where = { url: 'rediss://db:6379' }

it.each([
  ['ssl3_read_bytes:sslv3 alert certificate expired', 'finds the certificate of this client past its date'],
  ['ssl3_read_bytes:tlsv13 alert certificate required', 'does not take the certificate of this client'],
  ['certificate has expired', 'its certificate is past its date'],
])('tells what TLS says of certificates: %s', (said, told) => {
  expect(redisCauseOf(new Error(said), where)).toContain('Redis at db:6379: it')
  expect(redisCauseOf(new Error(said), where)).toContain(told)
})

it('takes a plain outage for what it is', () => {
  expect(redisCauseOf(new Error('connect ECONNREFUSED'), where)).toBeNull()
})
