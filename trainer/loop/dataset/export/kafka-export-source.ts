import { setTimeout as sleep } from 'node:timers/promises'
import { openLogArchive, openLogRange } from '#feature-store/shadow'
import { rejoinedTopic, type TopicKey } from '#schemas'
import {
  type Addresses,
  catalogueOf,
  createClosers,
  type KafkaRuntime,
  OperatorError,
  readErasures,
} from '#streams'
import { openScratch } from '../../../joiner/fs-scratch.ts'
import { SOURCES } from '../../../joiner/joiner-lanes.ts'
import { followErased } from '../../../rejoin/follow-erased.ts'
import { joinRange } from '../../../rejoin/join-range.ts'
import { planRejoin } from '../../../rejoin/plan-rejoin.ts'
import { recordsIn } from '../../../rejoin/records-in.ts'
import { definitionOf } from '../../../rejoin/rejoin-job.ts'
import type { FeedConfig } from '../../feed.ts'
import { kafkaAuditSource } from '../../report/index.ts'
import { erasedExamples } from './erased-examples.ts'
import type { ExportOptions } from './export-examples.ts'
import { createJoinedExamples } from './joined-examples.ts'

/** Where the rows of an export come from. */
export interface ExportSource extends Pick<ExportOptions, 'examples' | 'isErased'> {
  /** Physical name. */
  topic: string
  /** For the bar: how many there are, of what. */
  records: number
  unit: string
  /** How many of them are done; null: as many as were read. */
  done(): number | null
  /** What to do when it holds nothing. */
  whyEmpty: string
  close(): Promise<void>
}

export interface ExportSourceOptions {
  config: FeedConfig
  addresses: Pick<Addresses, 'kafka'>
  /** Those that were joined again under this name. */
  examples?: string | undefined
  /** Joins them now. */
  fromLog?: true | undefined
  /** ... with what lies in the folder of an archive before the topics. */
  archive?: string | undefined
}

/** @throws OperatorError when the topic is not there, or holds no prediction to join */
export async function openExportSource(
  runtime: KafkaRuntime,
  options: ExportSourceOptions,
): Promise<ExportSource> {
  return options.fromLog === true ? joinedNow(runtime, options) : topicOf(runtime, options)
}

async function topicOf(
  runtime: KafkaRuntime,
  { config, addresses, examples: name }: ExportSourceOptions,
): Promise<ExportSource> {
  const { examples: live, erasures } = catalogueOf(config)
  const topic = name === undefined ? live.name : rejoinedTopic(live, name).name
  const topicName = (key: TopicKey) => (key === 'examples' ? topic : runtime.topicName(key))
  const range = await openLogRange(addresses.kafka)
  try {
    const records = await recordsIn(range, topic)
    if (records === null) throw noTopic(topic, name)
    const book = await readErasures(addresses, erasures.name, runtime.codec)
    return {
      topic,
      examples: kafkaAuditSource(addresses, { codec: runtime.codec, topicName }).read('examples'),
      isErased: erasedExamples(book, { topicName: topic, isJoinedAgain: name !== undefined }),
      ...{ records, unit: 'examples' },
      done: () => null,
      whyEmpty:
        name === undefined
          ? 'the examples topic is empty: they come when `npx feedloop run trainer` runs and labels have matured'
          : `${topic} is empty: \`npx feedloop replay status ${name}\` says how far it is`,
      close: () => Promise.resolve(),
    }
  } finally {
    await range.close()
  }
}

const noTopic = (topic: string, name: string | undefined) =>
  new OperatorError(
    'export_topic',
    name === undefined
      ? `There is no topic ${topic}: \`npx feedloop topics apply\` makes it.`
      : `There is no topic ${topic}: \`npx feedloop replay list\` names what was joined again.`,
  )

/** The live joiner on all predictions that Kafka has; what it makes goes nowhere else. */
async function joinedNow(
  runtime: KafkaRuntime,
  { config, addresses, archive: folder }: ExportSourceOptions,
): Promise<ExportSource> {
  const { trainer, limits } = config
  const closers = createClosers()
  try {
    const range = await openLogRange(addresses.kafka)
    closers.add(() => range.close())
    const all = {
      from: { text: '0', moment: { kind: 'offset', offset: 0 } },
      to: { text: 'now', moment: { kind: 'now' } },
      definition: definitionOf(trainer),
    } as const
    const archive = folder === undefined ? null : await openLogArchive(folder, SOURCES, { runtime, range })
    const { sources } = await planRejoin(all, archive?.range ?? range, (topic) => runtime.topicName(topic))
    const earlierOf = archive?.earlier(sources)
    const scratch = await openScratch(trainer, runtime.log)
    closers.add(() => scratch?.close())
    const erased = await followErased(runtime)
    closers.add(() => erased.stop())
    const book = await readErasures(addresses, runtime.topicName('erasures'), runtime.codec)
    const joined = createJoinedExamples(runtime)
    let done = 0
    const { outputs } = joined
    const parts = { runtime, config: trainer, limits, scratch, erased, sources, earlierOf, outputs }
    return {
      topic: runtime.topicName('predictions'),
      examples: joined.read(() =>
        joinRange({ ...parts, onBatch: ({ records }) => void (done += records), pause: () => sleep(100) }),
      ),
      isErased: erasedExamples(book, { topicName: '', isJoinedAgain: true }),
      records: sources.reduce(
        (sum, { starts, ends }) => sum + ends.reduce((some, end, p) => some + end - starts[p]!, 0),
        0,
      ),
      unit: 'records',
      done: () => done,
      whyEmpty: 'no label of the predictions there is final yet',
      close: () => closers.closeAll(),
    }
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}
