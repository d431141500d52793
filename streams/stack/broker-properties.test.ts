import { expect, test } from 'vitest'
import {
  brokerProperties,
  clusterIdFrom,
  clusterIdOf,
  MESSAGE_BYTES_MAX,
  SEGMENT_BYTES,
} from './broker-properties.ts'

test('listens on the loopback address only, on the ports given', () => {
  const lines = brokerProperties({ broker: 1111, controller: 2222 }).trimEnd().split('\n')
  expect(lines).toContain('listeners=PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222')
  expect(lines).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:1111')
  expect(lines).toContain('controller.quorum.voters=1@127.0.0.1:2222')
  expect(lines).toContain(`message.max.bytes=${MESSAGE_BYTES_MAX}`)
  expect(lines).toContain('auto.create.topics.enable=false')
  for (const line of lines) expect(line).toMatch(/^[a-z.]+=\S+$/)
})

test('one of three: all controllers vote, one replica may be missing, a detour is advertised', () => {
  const controllers = { 1: '127.0.0.1:11', 2: '127.0.0.1:12', 3: '127.0.0.1:13' }
  const place = {
    nodeId: 2,
    controllers,
    detour: { host: '0.0.0.0', port: 33, advertised: '127.0.0.1:44' },
    settings: { 'log.dirs': '/small', 'broker.session.timeout.ms': 3_000 },
  }
  const lines = brokerProperties({ broker: 22, controller: 12 }, place).trimEnd().split('\n')
  for (const line of [
    'node.id=2',
    'controller.quorum.voters=1@127.0.0.1:11,2@127.0.0.1:12,3@127.0.0.1:13',
    'listeners=PLAINTEXT://127.0.0.1:22,CONTROLLER://127.0.0.1:12,DETOUR://0.0.0.0:33',
    'advertised.listeners=PLAINTEXT://127.0.0.1:22,DETOUR://127.0.0.1:44',
    'offsets.topic.replication.factor=3',
    'min.insync.replicas=2',
    'log.dirs=/small',
    'broker.session.timeout.ms=3000',
  ])
    expect(lines).toContain(line)
  expect(new Set(lines.map((line) => line.split('=')[0])).size).toBe(lines.length)
})

test('a segment holds the largest message: a batch that is larger than a segment is refused', () => {
  expect(brokerProperties({ broker: 1, controller: 2 })).toContain(`\nlog.segment.bytes=${SEGMENT_BYTES}\n`)
  expect(SEGMENT_BYTES).toBeGreaterThan(MESSAGE_BYTES_MAX)
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
