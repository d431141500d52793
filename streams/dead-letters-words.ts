import type { TopicCatalogue } from '#schemas'
import { OperatorError } from './errors.ts'
import type { Requeued } from './kafka/kafka-requeue.ts'

/**
 * The broker's name of a topic that is named in any way it has.
 *
 * @throws OperatorError `no_such_topic`
 */
export function topicNamed(catalogue: TopicCatalogue, asked: string | undefined): string | undefined {
  if (asked === undefined) return undefined
  const specs = Object.values(catalogue)
  const found = specs.find(({ key, name, slug }) => [key, name, slug].includes(asked))
  if (found !== undefined) return found.name
  const names = specs.map(({ name }) => name).join(', ')
  throw new OperatorError(
    'no_such_topic',
    `No topic of this feed is called ${JSON.stringify(asked)}: ${names}`,
  )
}

/** What `requeue` did, and for what it did nothing. */
export function requeuedText({ requeued, sameRecord, before, left }: Requeued): string {
  const lines = [`${String(requeued)} record(s) written back`]
  if (sameRecord > 0)
    lines.push(`${String(sameRecord)} more letter(s) are of the same records, given up by another stage`)
  if (before > 0) lines.push(`${String(before)} letter(s) are of records that were written back before`)
  for (const { id, why } of left) lines.push(`left ${id}: ${why}`)
  if (requeued + sameRecord + before + left.length === 0)
    lines.push('no letter matches: see `npx feedloop dead-letters list`')
  return lines.join('\n')
}
