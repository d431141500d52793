import { expect, test } from 'vitest'
import { brokerProperties, clusterIdFrom, clusterIdOf, MESSAGE_BYTES_MAX } from './broker-properties.ts'

test('listens on the loopback address only, on the ports given', () => {
  const lines = brokerProperties({ broker: 1111, controller: 2222 }).trimEnd().split('\n')
  expect(lines).toContain('listeners=PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222')
  expect(lines).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:1111')
  expect(lines).toContain('controller.quorum.voters=1@127.0.0.1:2222')
  expect(lines).toContain(`message.max.bytes=${MESSAGE_BYTES_MAX}`)
  expect(lines).toContain('auto.create.topics.enable=false')
  for (const line of lines) expect(line).toMatch(/^[a-z.]+=\S+$/)
})

test('finds the cluster id in meta.properties', () => {
  expect(clusterIdOf('#\nnode.id=1\ncluster.id=CeiXFhzyGzBg8omUlTR6Uw\nversion=1\n')).toBe(
    'CeiXFhzyGzBg8omUlTR6Uw',
  )
  expect(clusterIdOf('')).toBeUndefined()
})

test('makes a cluster id that no command line takes for an option', () => {
  expect(clusterIdFrom(new Uint8Array(16).fill(255))).toBe('_____________________w')
  // 0xf8 begins with 62, which base64url writes as a dash.
  const dashed = clusterIdFrom(new Uint8Array(16).fill(0xf8))
  expect(dashed).toMatch(/^_[\w-]{21}$/)
})
