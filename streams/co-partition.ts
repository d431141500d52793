import { OperatorError } from './errors.ts'

/**
 * Partition p of every topic goes to the same member: joins need it, and kafkajs' round robin does not give it.
 * Members are taken in the order of their ids, so that every leader comes to the same division.
 *
 * @returns per member id, per topic, its partitions
 */
export function assignCoPartitions(
  memberIds: readonly string[],
  partitionsOf: ReadonlyMap<string, readonly number[]>,
): Map<string, Record<string, number[]>> {
  const members = [...memberIds].sort()
  const assignment = new Map<string, Record<string, number[]>>(members.map((member) => [member, {}]))
  for (const [topic, partitions] of partitionsOf) {
    for (const partition of [...partitions].sort((a, b) => a - b)) {
      const topics = assignment.get(members[partition % members.length]!)!
      ;(topics[topic] ??= []).push(partition)
    }
  }
  return assignment
}

/** @throws OperatorError `not_co_partitioned` unless the sources of a stage have the same number of partitions */
export function sourcesCoPartitioned<K>(
  stage: string,
  sources: readonly K[],
  partitionCount: (topic: K) => number,
  topicName: (topic: K) => string,
): void {
  const counts = sources.map((topic) => `${topicName(topic)} (${partitionCount(topic)})`)
  if (new Set(sources.map(partitionCount)).size <= 1) return
  const message = `Stage ${stage} joins topics with different numbers of partitions: ${counts.join(', ')}. They must be equal.`
  throw new OperatorError('not_co_partitioned', message)
}
