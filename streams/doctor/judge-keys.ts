import { recordKey, type TopicCatalogue } from '#schemas'
import { partitionOf } from '../partitioner.ts'
import { misplaced } from '../steps/right-partition.ts'
import { failed, type Finding, ok } from './finding.ts'
import { type Sample, SAMPLED_TOPICS, type SampledTopic, type Samples } from './samples.ts'

/** What becomes of a record that lies under another key or in another partition than its field says. */
const FATE: Record<SampledTopic, string> = {
  users: 'dead-lettered',
  items: 'dead-lettered',
  interactions: 'dead-lettered',
  requests: 'answered all the same',
  outcomes: 'dead-lettered',
}

/** Whether feeds key their records as they should, told from the newest ones: one finding per topic that they do not. */
export function judgeKeys(samples: Samples, catalogue: TopicCatalogue): Finding[] {
  const findings = SAMPLED_TOPICS.flatMap((topic) => judgeTopic(topic, samples[topic], catalogue[topic]))
  const strangers = judgeUsers(samples)
  const all = [...findings, ...strangers]
  if (all.length > 0) return all
  const count = SAMPLED_TOPICS.reduce((sum, topic) => sum + samples[topic].length, 0)
  return [ok('keys of records', `the newest ${String(count)} records lie where their keys say`)]
}

function judgeTopic<K extends SampledTopic>(
  topic: K,
  samples: readonly Sample<K>[],
  { name, keyField, partitions }: TopicCatalogue[SampledTopic],
): Finding[] {
  const wrong = samples.flatMap(({ value, key, partition }) => {
    if (value === null) return []
    const record: Record<string, string> = { [keyField]: recordKey(topic, value) }
    const options = { field: keyField, partitionOf: (id: string) => partitionOf(id, partitions) }
    const why = misplaced(record, { partition, key }, options)
    return why === null ? [] : [why.detail]
  })
  if (wrong.length === 0) return []
  const found = `${share(wrong.length, samples)} are not where their ${keyField} says (${FATE[topic]}): ${wrong[0]!}`
  return [
    failed(
      `keys of ${name}`,
      found,
      `Key by ${keyField} with the murmur2 partitioner ('partitioner': 'murmur2_random' in librdkafka), then \`npx feedloop dead-letters requeue --reason wrong_partition\`.`,
    ),
  ]
}

/** Outcomes that name another user than the request they speak of. */
function judgeUsers({ requests, outcomes, interactions }: Samples): Finding[] {
  const userOf = new Map(requests.map(({ value }) => [value?.requestId, value?.userId]))
  const told = [...outcomes, ...interactions].filter(
    ({ value }) => value !== null && value.requestId !== null && userOf.has(value.requestId),
  )
  const wrong = told.find(({ value }) => userOf.get(value!.requestId!) !== value!.userId)
  if (wrong === undefined) return []
  const count = told.filter(({ value }) => userOf.get(value!.requestId!) !== value!.userId).length
  const { requestId, userId } = wrong.value!
  const found = `${share(count, told)} of known requests name another user than their request, and are no labels: ${requestId!} was asked for ${userOf.get(requestId!)!}, told of ${userId}`
  return [failed('users of outcomes', found, "Send outcomes under the request's own userId.")]
}

const share = (count: number, of: readonly unknown[]) => `${String(count)} of the newest ${String(of.length)}`
