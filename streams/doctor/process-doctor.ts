import { type RegistryAddress, rejoinedPrefix, withoutSecrets } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { KafkaAddress, RedisAddress } from '../contract.ts'
import { codeOf, OperatorError, policyOf } from '../errors.ts'
import { agedLags } from '../kafka/kafka-oldest-unread.ts'
import { LETTER_HOURS, recentLetters } from '../kafka/kafka-recent-letters.ts'
import { catalogueOf } from '../kafka/kafka-runtime.ts'
import { describeTopics, topicsBelow } from '../kafka/kafka-topics.ts'
import { stageReads } from '../stage-reads.ts'
import type { FoundTopic } from '../topics.ts'
import { failed, type Finding, ok, unknown } from './finding.ts'
import { judgeAddress, needsRegistry, START } from './judge-addresses.ts'
import { judgeRedis, judgeCommands } from './judge-redis.ts'
import { type GroupFacts, judgeGroups } from './judge-stages.ts'
import {
  CLOCK_MS_WARNED,
  judgeClock,
  judgeLimits,
  judgeNode,
  judgeStamps,
  judgeSubjects,
  type StampFacts,
} from './judge-surroundings.ts'
import { judgeArrivals, judgeLetters } from './judge-told.ts'
import { judgeBrokers, judgeRejoined, judgeTopics } from './judge-topics.ts'
import type { KnownAddresses } from './known-addresses.ts'
import { askBrokers, askStampedAhead, askStampedBehind } from './kafka-facts.ts'
import { askDriftEvents } from './kafka-told.ts'
import { askRedis, type RedisServerAnswers } from './redis-facts.ts'
import { askRegistry } from './registry-facts.ts'

/** Everything that can be asked of a feed's surroundings; what cannot be reached is a finding, not an error. */
export async function examine(config: StreamsConfig, addresses: KnownAddresses): Promise<Finding[]> {
  const { kafka, registry, redis } = addresses
  const findings = await Promise.all([
    [judgeNode(process.version), ...judgeLimits(config.limits)],
    kafka instanceof OperatorError ? [judgeAddress('kafka', kafka)] : examineKafka(config, kafka, registry),
    registry instanceof OperatorError
      ? [judgeAddress('registry', registry)]
      : examineRegistry(config, registry),
    redis instanceof OperatorError ? [judgeAddress('redis', redis)] : examineRedis(config, redis),
  ])
  return findings.flat()
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.name === 'TimeoutError' ? 'no answer in time' : error.message
}

async function examineKafka(
  config: StreamsConfig,
  kafka: KafkaAddress,
  registry: KnownAddresses['registry'],
): Promise<Finding[]> {
  let facts
  try {
    facts = await askBrokers(kafka, config.kafka.replicationFactor)
  } catch (error) {
    return [failed('brokers', said(error), START.kafka)]
  }
  const wanted = Object.values(catalogueOf(config))
  const names = wanted.map(({ name }) => name)
  const topics = async () => {
    const found = new Map((await describeTopics({ kafka }, names)).map((topic) => [topic.name, topic]))
    const clocks = await orUnknown('clocks of brokers and producers', () =>
      examineStamps([...found.values()], config, kafka),
    )
    const told = await examineTold(config, { kafka, registry }, new Set(found.keys()))
    const { examples } = catalogueOf(config)
    const again = judgeRejoined(await topicsBelow({ kafka }, rejoinedPrefix(examples)), examples)
    return [...judgeTopics(wanted, found), ...again, ...clocks, ...told]
  }
  return [
    ...judgeBrokers(facts, config.limits),
    ...(await orUnknown('topics', topics)),
    ...(await orUnknown('stages', async () => judgeGroups(await groupsOf(config, kafka), config.prefix))),
  ]
}

/** What the loop itself has told in its topics. */
async function examineTold(
  config: StreamsConfig,
  { kafka, registry }: Pick<KnownAddresses, 'registry'> & { kafka: KafkaAddress },
  there: ReadonlySet<string>,
): Promise<Finding[]> {
  const catalogue = catalogueOf(config)
  const nowMs = Date.now()
  const checks: [check: string, topic: string, ask: (known: RegistryAddress) => Promise<Finding[]>][] = [
    [
      'dead letters',
      catalogue.deadLetters.name,
      async (known) => judgeLetters(await recentLetters({ kafka, registry: known }, catalogue, nowMs), nowMs),
    ],
    [
      'labels',
      catalogue.drift.name,
      async (known) =>
        judgeArrivals(
          await askDriftEvents({ kafka, registry: known }, catalogue),
          nowMs - LETTER_HOURS * 3_600_000,
        ),
    ],
  ]
  const found = await Promise.all(
    checks
      .filter(([, topic]) => there.has(topic))
      .map(async ([check, , ask]) => {
        if (registry instanceof OperatorError) return [needsRegistry(check)]
        try {
          return await ask(registry)
        } catch (error) {
          if (policyOf(error) === 'bug') throw error
          return [codeOf(error).startsWith('registry_') ? needsRegistry(check) : unknown(check, said(error))]
        }
      }),
  )
  return found.flat()
}

async function examineStamps(
  topics: readonly FoundTopic[],
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

async function groupsOf(config: StreamsConfig, kafka: KafkaAddress): Promise<GroupFacts[]> {
  const lags = await agedLags({ kafka }, config.prefix, stageReads(config))
  return [...new Set(lags.map(({ group }) => group))].map((group) => {
    const own = lags.filter((lag) => lag.group === group)
    return {
      group,
      members: own[0]!.members,
      partitions: new Set(own.map(({ partition }) => partition)).size,
      hasCommitted: own.some(({ committedOffset }) => committedOffset !== null),
      lagRecords: own.reduce((sum, { lagRecords }) => sum + lagRecords, 0),
      lagSeconds: own.reduce<number | null>(
        (most, { lagSeconds }) => (lagSeconds === null ? most : Math.max(most ?? 0, lagSeconds)),
        null,
      ),
    }
  })
}

async function examineRegistry(config: StreamsConfig, registry: RegistryAddress): Promise<Finding[]> {
  const shown = withoutSecrets(registry.url)
  const subjects = [...new Set(Object.values(catalogueOf(config)).map(({ subject }) => subject))]
  try {
    const found = await askRegistry(registry, subjects)
    return [ok('registry', `answers at ${shown}`), ...judgeSubjects(found, shown)]
  } catch (error) {
    return [failed('registry', `${shown}: ${said(error)}`, START.registry)]
  }
}

async function examineRedis(config: StreamsConfig, redis: RedisAddress): Promise<Finding[]> {
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
    return [failed('redis', said(error), START.redis)]
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
