import { OperatorError } from '#streams'
import { type ArchiveFile, identityName, parseArchiveName } from './archive-names.ts'
import type { ArchivePlace } from './archive-place.ts'

/** Every file of a topic. */
export async function filesOf(place: ArchivePlace, topicName: string): Promise<ArchiveFile[]> {
  const found = await place.list(`${topicName}/`)
  return found.flatMap(({ name, bytes }) => parseArchiveName(name, bytes) ?? [])
}

/**
 * Offsets mean something only within one topic: one that was deleted and made again has others.
 *
 * @param identity of the topic as the broker has it now; null: nobody can say
 * @throws OperatorError `archive_other_topic`
 */
export async function refuseOtherTopic(
  place: ArchivePlace,
  topicName: string,
  identity: string | null,
): Promise<void> {
  const kept = await place.get(identityName(topicName))
  if (kept === null || identity === null) return
  const { topic } = JSON.parse(Buffer.from(kept).toString('utf8')) as { topic: string }
  if (topic !== identity)
    throw new OperatorError(
      'archive_other_topic',
      `The archive ${place.where} is of another topic ${topicName} (${topic}, now ${identity}): it was deleted and made again since. Give another folder.`,
    )
}

export const writeIdentity = (place: ArchivePlace, topicName: string, identity: string): Promise<void> =>
  place.put(identityName(topicName), Buffer.from(`${JSON.stringify({ topic: identity })}\n`))
