import { expect, test } from 'vitest'
import { progressLine } from './progress.ts'

test('one line for people', () => {
  const address = '127.0.0.1:9092'
  expect(progressLine({ kind: 'ready', service: 'kafka', address, seconds: 2.345 })).toBe(
    'Kafka ready on 127.0.0.1:9092 after 2.3 s',
  )
  expect(progressLine({ kind: 'fetching', archive: 'Kafka 4.1.1', file: 'a.jar' })).toBe(
    'Fetching Kafka 4.1.1: a.jar',
  )
  expect(progressLine({ kind: 'fetching', archive: 'Kafka 4.1.1', file: null })).toBe('Fetching Kafka 4.1.1')
})
