import { expect, test } from 'vitest'
import { emptyState, formatState, parseState, type RecordedProcess } from './state.ts'

const recorded: RecordedProcess = {
  pid: 12,
  startToken: 'boot:345',
  port: 9092,
  address: '127.0.0.1:9092',
  logFile: 'kafka.log',
  startedAtMs: 1,
  readyAtMs: null,
  identity: 'id',
  dependsOn: null,
  secure: false,
}

test('what is written is what is read', () => {
  const state = { formatVersion: 1 as const, processes: { kafka: recorded } }
  expect(parseState(formatState(state))).toEqual(state)
  expect(parseState(formatState(emptyState()))).toEqual(emptyState())
})

test.each([
  ['', 'nothing'],
  ['{', 'half a file'],
  ['{"formatVersion":2,"processes":{}}', 'a later format'],
  ['{"formatVersion":1,"processes":{"zookeeper":{}}}', 'an unknown service'],
  [
    formatState({ formatVersion: 1, processes: { kafka: { ...recorded, pid: -1 } } }),
    'a process id that kill() reads as a group',
  ],
])('refuses %s', (text) => {
  expect(() => parseState(text)).toThrow()
})
