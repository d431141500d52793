import { expect, it } from 'vitest'
import { decodeTopicIds, encodeTopicIdsRequest } from './kafka-topic-ids.ts'

it('asks by name, in the compact form', () => {
  const request = encodeTopicIdsRequest(['ab'])
  expect(request.toString('hex')).toBe(`0002${'00'.repeat(16)}03616200${'000000'}00`)
})

it('reads ids and widths past brokers, tags and topics that are not there', () => {
  const partition = (index: number) => `0000${int(index)}0000000100000000${'0200000001'.repeat(2)}0100`
  const int = (value: number) => value.toString(16).padStart(8, '0')
  const topic = (error: string, name: string, id: string, partitions: string[]) =>
    `${error}${(name.length + 1).toString(16).padStart(2, '0')}${Buffer.from(name).toString('hex')}${id}00` +
    `${(partitions.length + 1).toString(16).padStart(2, '0')}${partitions.join('')}8000000000`
  const frame = [
    '00', // header
    int(0),
    `02${int(1)}02610000238400010003aabbcc`, // one broker, with a tag of three bytes
    '0263', // the cluster's id
    int(1),
    '04',
    topic('0000', 'one', '11'.repeat(16), [partition(0), partition(1)]),
    topic('0003', 'gone', '00'.repeat(16), []),
    topic('0000', 'old', '00'.repeat(16), [partition(0)]),
    '8000000000',
  ].join('')
  const topics = decodeTopicIds(Buffer.from(frame, 'hex'))
  expect([...topics]).toEqual([
    ['one', { id: Buffer.alloc(16, 0x11).toString('base64url'), partitions: 2 }],
    ['old', { id: null, partitions: 1 }],
  ])
})
