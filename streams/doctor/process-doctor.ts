import { withoutSecrets } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { Addresses, KafkaAddress } from '../contract.ts'
import { policyOf } from '../errors.ts'
import { agedLags } from '../kafka/kafka-oldest-unread.ts'
import { catalogueOf } from '../kafka/kafka-runtime.ts'
import { describeTopics } from '../kafka/kafka-topics.ts'
import type { WantedTopic } from '../topics.ts'
import { failed, type Finding, ok, unknown } from './finding.ts'
import { judgeRedis, judgeCommands } from './judge-redis.ts'
import {
  CLOCK_MS_WARNED,
  type GroupFacts,
  judgeClock,
  judgeGroups,
  judgeLimits,
  judgeNode,
  judgeStamps,
  judgeSubjects,
  type StampFacts,
} from './judge-surroundings.ts'
import { judgeBrokers, judgeTopics } from './judge-topics.ts'
import { askBrokers, askMembers, askStampedAhead, askStampedBehind } from './kafka-facts.ts'
import { askRedis, type RedisServerAnswers } from './redis-facts.ts'
import { askRegistry } from './registry-facts.ts'

/** Everything that can be asked of a feed's surroundings; what cannot be reached is a finding, not an error. */
export async function examine(config: StreamsConfig, addresses: Addresses): Promise<Finding[]> {
  const findings = await Promise.all([
    [judgeNode(process.version), ...judgeLimits(config.limits)],
    examineKafka(config, addresses),
    examineRegistry(config, addresses),
    examineRedis(config, addresses),
  ])
  return findings.flat()
}

const said = (error: unknown) => (error instanceof Error ? error.message : String(error))

async function examineKafka(config: StreamsConfig, { kafka }: Addresses): Promise<Finding[]> {
  let facts
  try {
    facts = await askBrokers(kafka, config.kafka.replicationFactor)
  } catch (error) {
    return [failed('brokers', said(error), 'Start Kafka, or correct FEEDLOOP_KAFKA_BROKERS or the login.')]
  }
  const wanted = Object.values(catalogueOf(config))
  const names = wanted.map(({ name }) => name)
  const topics = async () => {
    const found = new Map((await describeTopics({ kafka }, names)).map((topic) => [topic.name, topic]))
    const there = wanted.filter(({ name }) => found.has(name))
    const clocks = await orUnknown('clocks of brokers and producers', () =>
      examineStamps(there, config, kafka),
    )
    return [...judgeTopics(wanted, found), ...clocks]
  }
  return [
    ...judgeBrokers(facts, config.limits),
    ...(await orUnknown('topics', topics)),
    ...(await orUnknown('stages', async () => judgeGroups(await groupsOf(config.prefix, kafka)))),
  ]
}

async function examineStamps(
  topics: readonly WantedTopic[],
  { limits: { futureSkewSecondsMax } }: StreamsConfig,
  address: KafkaAddress,
): Promise<Finding[]> {
  const steps = [CLOCK_MS_WARNED, futureSkewSecondsMax * 1_000]
  const names = topics.map(({ name }) => name)
  const ahead = await askStampedAhead(address, names, steps)
  const facts: StampFacts[] = []
  for (const { name, config } of topics) {
    const isBrokers = config['message.timestamp.type'] === 'LogAppendTime'
    facts.push({
      topic: name,
      by: isBrokers ? 'the broker' : 'its producer',
      aheadMs: ahead.get(name)!,
      behindMs: isBrokers ? await askStampedBehind(address, name) : 0,
    })
  }
  return judgeStamps(facts, futureSkewSecondsMax)
}

async function groupsOf(prefix: string, address: KafkaAddress): Promise<GroupFacts[]> {
  const lags = await agedLags({ kafka: address }, prefix)
  const groups = [...new Set(lags.map(({ group }) => group))]
  const members = await askMembers(address, groups)
  return groups.map((group) => {
    const own = lags.filter((lag) => lag.group === group)
    return {
      group,
      members: members.get(group) ?? null,
      lagRecords: own.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
      lagSeconds: own.reduce<number | null>(
        (most, { lagSeconds }) => (lagSeconds === null ? most : Math.max(most ?? 0, lagSeconds)),
        null,
      ),
    }
  })
}

async function examineRegistry(config: StreamsConfig, { registry }: Addresses): Promise<Finding[]> {
  const shown = withoutSecrets(registry.url)
  const subjects = [...new Set(Object.values(catalogueOf(config)).map(({ subject }) => subject))]
  try {
    const found = await askRegistry(registry, subjects)
    return [ok('registry', `answers at ${shown}`), ...judgeSubjects(found, shown)]
  } catch (error) {
    return [
      failed('registry', `${shown}: ${said(error)}`, 'Start the registry, or correct FEEDLOOP_REGISTRY_URL.'),
    ]
  }
}

async function examineRedis(config: StreamsConfig, { redis }: Addresses): Promise<Finding[]> {
  try {
    const { servers, refused } = await askRedis(redis, config.prefix)
    const why = 'the user may not ask it (INFO, TIME)'
    const findingsOf = ({ facts, clock }: RedisServerAnswers) => [
      ...(facts === null ? [unknown('redis settings', why)] : judgeRedis(facts)),
      clock === null ? unknown('clock of redis', why) : judgeClock(clock, config.limits.futureSkewSecondsMax),
    ]
    return [
      judgeCommands(refused, config.prefix),
      ...servers.flatMap((answers) =>
        findingsOf(answers).map((finding) =>
          servers.length === 1 ? finding : { ...finding, check: `${finding.check} (${answers.server})` },
        ),
      ),
    ]
  } catch (error) {
    return [failed('redis', said(error), 'Start Redis, or correct FEEDLOOP_REDIS_URL or the login.')]
  }
}

async function orUnknown(check: string, examineIt: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await examineIt()
  } catch (error) {
    if (policyOf(error) === 'bug') throw error
    return [unknown(check, said(error))]
  }
}
