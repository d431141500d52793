import type { Outputs } from '#streams'
import { fingerprintOf } from '../joiner/pending/fingerprint.ts'
import { createRememberedRequests } from '../joiner/pending/remembered-requests.ts'

/** Examples that are in a topic already, by 128 bits of their ids: some 40 bytes each. */
export interface WrittenExamples {
  note(exampleId: string): void
  has(exampleId: string): boolean
}

export function createWrittenExamples(): WrittenExamples {
  // As many as the topic holds: it is read once, before anything is written.
  const ids = createRememberedRequests(Infinity)
  return {
    note(exampleId) {
      const id = fingerprintOf(exampleId)
      if (ids.shownUntilMs(id) === undefined) ids.add(id, Infinity)
    },
    has: (exampleId) => ids.shownUntilMs(fingerprintOf(exampleId)) !== undefined,
  }
}

/** What a killed process has written does not come again. */
export const withoutWritten = (outputs: Outputs, written: WrittenExamples): Outputs => ({
  add(topic, record) {
    if (record.value !== null && 'exampleId' in record.value && written.has(record.value.exampleId)) return
    outputs.add(topic, record)
  },
  flush: () => outputs.flush(),
})
