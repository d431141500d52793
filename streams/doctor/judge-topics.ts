import { failed, type Finding, ok, unknown, warning } from './finding.ts'
import { type FoundTopic, planTopics, producerStamps, type WantedTopic } from '../topics.ts'

const NOT_THERE = 'does not exist'

/** Whether records and states can be looked at: asking for a topic that is not there, or brokers that do not answer, takes minutes. */
export const canLookInside = (findings: readonly Finding[]): boolean =>
  !findings.some(
    ({ check, verdict, found }) =>
      verdict === 'failed' &&
      (check === 'brokers' || check === 'topics' || (check.startsWith('topic ') && found === NOT_THERE)),
  )

/** Whether the brokers' topics are those of the catalogue. One finding when all is well or nothing is there, one per topic otherwise. */
export function judgeTopics(
  wanted: readonly WantedTopic[],
  found: ReadonlyMap<string, FoundTopic>,
): Finding[] {
  if (wanted.every(({ name }) => !found.has(name)))
    return [
      failed('topics', `none of the ${wanted.length} topics exists`, 'Run `npx feedloop topics apply`.'),
    ]
  const findings: Finding[] = []
  for (const change of planTopics(wanted, found)) {
    const { name, replicationFactor } = change.topic
    const check = `topic ${name}`
    if (change.kind === 'create') findings.push(failed(check, NOT_THERE, 'Run `npx feedloop topics apply`.'))
    if (change.kind === 'refuse') findings.push(failed(check, 'has another partition count', change.why))
    if (change.kind === 'alter') {
      const differs = Object.entries(change.changed).map(
        ([key, { from, to }]) => `${key} is ${from ?? '(unset)'}, not ${to}`,
      )
      const stamps = producerStamps(found.get(name)?.config ?? {})
      const what = stamps === null ? differs.join(', ') : `${differs.join(', ')}: ${stamps}`
      findings.push(failed(check, what, 'Run `npx feedloop topics apply`.'))
    }
    const has = found.get(name)?.replicationFactor
    if (has !== undefined && has < replicationFactor)
      findings.push(
        warning(
          check,
          `has ${has} replica(s), the configuration says ${replicationFactor}`,
          'Add replicas with kafka-reassign-partitions: a dead broker takes the topic with it.',
        ),
      )
  }
  return findings.length > 0 ? findings : [ok('topics', `${wanted.length} topics agree with the catalogue`)]
}

/** Topics of examples that were joined again: nothing removes them by itself but their time. */
export function judgeRejoined(
  found: readonly FoundTopic[],
  { name, partitions }: Pick<WantedTopic, 'name' | 'partitions'>,
): Finding[] {
  const own = (topic: FoundTopic) => topic.name.slice(name.length + 1)
  const misfits = found.filter((topic) => topic.partitions !== partitions)
  if (misfits.length > 0)
    return misfits.map((topic) =>
      warning(
        `topic ${topic.name}`,
        `has ${String(topic.partitions)} partitions, ${name} has ${String(partitions)}`,
        `It was made for another configuration: \`npx feedloop replay cancel ${own(topic)}\`, then start it again.`,
      ),
    )
  if (found.length === 0) return []
  return [
    ok(
      'examples joined again',
      `${found.map(own).join(', ')}: \`npx feedloop replay list\` says how far they are`,
    ),
  ]
}

/** What brokers allow; null: they would not say. */
export interface BrokerFacts {
  brokers: number
  replicationFactor: number
  messageBytesMax: number | null
  sessionTimeoutMsMin: number | null
  sessionTimeoutMsMax: number | null
}

export function judgeBrokers(
  facts: BrokerFacts,
  limits: { recordBytesMax: number; sessionTimeoutMs: number },
): Finding[] {
  return [judgeCount(facts), judgeRecordBytes(facts, limits), judgeSession(facts, limits)]
}

function judgeCount({ brokers, replicationFactor }: BrokerFacts): Finding {
  const check = 'brokers'
  if (brokers < replicationFactor)
    return failed(
      check,
      `${brokers} answer, and kafka.replicationFactor is ${replicationFactor}`,
      'Start more brokers or lower kafka.replicationFactor.',
    )
  if (replicationFactor === 1 && brokers > 1)
    return warning(
      check,
      `${brokers} answer, but kafka.replicationFactor is 1: what the one that leads a partition loses is lost`,
      'Set kafka.replicationFactor to 3 before `topics apply`.',
    )
  return ok(check, `${brokers} answer, kafka.replicationFactor is ${replicationFactor}`)
}

function judgeRecordBytes(
  { messageBytesMax }: BrokerFacts,
  { recordBytesMax }: { recordBytesMax: number },
): Finding {
  const check = 'record size'
  if (messageBytesMax === null) return unknown(check, 'the brokers do not tell message.max.bytes')
  if (recordBytesMax > messageBytesMax)
    return warning(
      check,
      `limits.recordBytesMax is ${recordBytesMax}, but brokers take ${messageBytesMax} (message.max.bytes)`,
      'Lower limits.recordBytesMax or raise message.max.bytes: a dead letter carries the whole record.',
    )
  return ok(check, `limits.recordBytesMax ${recordBytesMax}, message.max.bytes ${messageBytesMax}`)
}

function judgeSession(
  { sessionTimeoutMsMin, sessionTimeoutMsMax }: BrokerFacts,
  { sessionTimeoutMs }: { sessionTimeoutMs: number },
): Finding {
  const check = 'session timeout'
  if (sessionTimeoutMsMin === null || sessionTimeoutMsMax === null)
    return unknown(check, 'the brokers do not tell group.min/max.session.timeout.ms')
  const allowed = `brokers allow ${sessionTimeoutMsMin} to ${sessionTimeoutMsMax} ms`
  if (sessionTimeoutMs < sessionTimeoutMsMin)
    return warning(
      check,
      `limits.sessionTimeoutMs is ${sessionTimeoutMs}, but ${allowed}: stages join with the least of 6, 10 and 30 s that they take, and a killed process is missed for as long`,
      'Lower group.min.session.timeout.ms of the brokers, or raise limits.sessionTimeoutMs.',
    )
  if (sessionTimeoutMs > sessionTimeoutMsMax)
    return failed(
      check,
      `limits.sessionTimeoutMs is ${sessionTimeoutMs}, but ${allowed}: no stage can join its group`,
      `Set limits.sessionTimeoutMs to a value that they allow.`,
    )
  return ok(check, `limits.sessionTimeoutMs ${sessionTimeoutMs}; ${allowed}`)
}
