import { describe, expect, it } from 'vitest'
import { withoutAnswer } from './kafka-outputs.ts'

const message = (partition: number, key: string) => ({ partition, key, value: null })
const sent = [
  { topic: 'a', messages: [message(0, '1'), message(1, '2'), message(0, '3')] },
  { topic: 'b', messages: [message(0, '4')] },
]
const answered = (topicName: string, partition: number) => ({ topicName, partition, errorCode: 0 })

/** kafkajs 2.2.4 says success for partitions it never sent when a leader moves during a retry. */
describe('withoutAnswer', () => {
  it('is empty when every partition was answered', () => {
    expect(withoutAnswer(sent, [answered('a', 0), answered('a', 1), answered('b', 0)])).toEqual([])
  })
  it('gives what was left out, in its order', () => {
    expect(withoutAnswer(sent, [answered('a', 1)])).toEqual([
      { topic: 'a', messages: [message(0, '1'), message(0, '3')] },
      sent[1],
    ])
  })
})
