import type { Codec } from '#schemas'
import { type Addresses, decodeRecord, readTopic } from '#streams'
import { createWrittenExamples, type WrittenExamples } from './written-examples.ts'

/** Which examples a topic holds. @throws OperatorError when no broker answers or the topic is gone */
export async function readWritten(
  addresses: Pick<Addresses, 'kafka'>,
  codec: Codec,
  topicName: string,
): Promise<WrittenExamples> {
  const written = createWrittenExamples()
  for await (const { value } of readTopic({ addresses, topicName })) {
    if (value === null) continue
    const verdict = await decodeRecord(codec, 'examples', value, Infinity)
    if (verdict.kind === 'retry') throw verdict.cause
    if (verdict.kind === 'pass') written.note(verdict.value.exampleId)
  }
  return written
}
