import { randomBytes } from 'node:crypto'
import { Partitioners, type Producer } from 'kafkajs'
import { type Addresses, createPlainKafka, readTopic } from '#streams'
import { until } from '#streams/testing'
import { createLoggedNumbers, type LoggedNumbers } from './logged-numbers.ts'

/** kafkajs as its documentation shows it, for controls; it waits for brokers a little longer than its defaults. */
const clientOf = ({ kafka }: Pick<Addresses, 'kafka'>) =>
  createPlainKafka(kafka, {
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 100 },
  })

export interface PlainProducer {
  /** One `send` over all partitions: number n goes to partition n modulo `partitions`, as text. */
  send(numbers: readonly number[]): Promise<void>
  close(): Promise<void>
}

export async function openPlainProducer(
  addresses: Pick<Addresses, 'kafka'>,
  topic: string,
  { idempotent, partitions }: { idempotent: boolean; partitions: number },
): Promise<PlainProducer> {
  const producer: Producer = clientOf(addresses).producer({
    idempotent,
    allowAutoTopicCreation: false,
    ...(idempotent ? { maxInFlightRequests: 1 } : {}),
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  })
  await producer.connect()
  return {
    async send(numbers) {
      const messages = numbers.map((n) => ({ value: String(n), partition: n % partitions }))
      await producer.send({ topic, acks: -1, messages })
    },
    close: () => producer.disconnect(),
  }
}

/** Every number in a topic; `numberIn` reads it from a record's value. */
export async function readNumbers(
  { kafka }: Pick<Addresses, 'kafka'>,
  topicName: string,
  numberIn: (value: Buffer) => number | null,
): Promise<LoggedNumbers> {
  const logged = createLoggedNumbers()
  for await (const { partition, value } of readTopic({ addresses: { kafka }, topicName })) {
    const number = value === null ? null : numberIn(value)
    if (number !== null) logged.see(partition, number)
  }
  return logged
}

/** How a plain producer wrote it. */
export const plainNumber = (value: Buffer): number => Number(value.toString())

/** A consumer with the defaults of the library, and what it has been given. */
export interface PlainReader {
  readonly seen: ReadonlySet<string>
  close(): Promise<void>
}

/** Its first record waits until `mayGoOn` resolves, as behind a slow database. `partition/offset` of each is noted. */
export async function openPlainReader(
  addresses: Pick<Addresses, 'kafka'>,
  { topic, groupId, mayGoOn }: { topic: string; groupId: string; mayGoOn: Promise<void> },
): Promise<PlainReader> {
  const consumer = clientOf(addresses).consumer({ groupId })
  const seen = new Set<string>()
  await consumer.connect()
  await consumer.subscribe({ topic })
  const fetching = new Promise<void>((resolve) => consumer.on('consumer.fetch', () => resolve()))
  await consumer.run({
    async eachMessage({ partition, message }) {
      seen.add(`${String(partition)}/${message.offset}`)
      await mayGoOn
    },
  })
  await fetching
  return { seen, close: () => consumer.disconnect() }
}

/** Deletes what is in a topic before these offsets, as retention does. */
export async function deleteRecordsBefore(
  addresses: Pick<Addresses, 'kafka'>,
  topic: string,
  offsets: readonly number[],
): Promise<void> {
  const admin = clientOf(addresses).admin()
  await admin.connect()
  try {
    await admin.fetchTopicOffsets(topic) // kafkajs must have heard of the topic
    const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }))
    await admin.deleteTopicRecords({ topic, partitions })
  } finally {
    await admin.disconnect()
  }
}

/** Which node leads how many partitions of a topic. */
export async function leadersOf(
  addresses: Pick<Addresses, 'kafka'>,
  topic: string,
): Promise<Map<number, number>> {
  const admin = clientOf(addresses).admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const leads = new Map<number, number>()
    for (const { leader } of topics[0]?.partitions ?? []) leads.set(leader, (leads.get(leader) ?? 0) + 1)
    return leads
  } finally {
    await admin.disconnect()
  }
}

/** Resolves when every partition of these topics has all its replicas in sync. */
export async function untilInSync(
  addresses: Pick<Addresses, 'kafka'>,
  topics: readonly string[],
): Promise<void> {
  await until('all replicas to be in sync', async () => {
    const admin = clientOf(addresses).admin()
    await admin.connect()
    try {
      const found = await admin.fetchTopicMetadata({ topics: [...topics] })
      const partitions = found.topics.flatMap((topic) => topic.partitions)
      return partitions.every(({ isr, replicas }) => isr.length === replicas.length)
    } finally {
      await admin.disconnect()
    }
  })
}

const FILLER_BYTES = 200_000

/** Writes filler into a topic until `isFull`. What the broker refuses meanwhile is no matter. */
export async function fillTopic(
  { kafka }: Pick<Addresses, 'kafka'>,
  topic: string,
  isFull: () => Promise<boolean>,
): Promise<number> {
  const client = createPlainKafka(kafka, { retry: { retries: 0 } })
  const producer = client.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  let bytes = 0
  while (!(await isFull())) {
    const sent = await producer.send({ topic, messages: [{ value: randomBytes(FILLER_BYTES) }] }).then(
      () => true,
      () => false,
    )
    if (sent) bytes += FILLER_BYTES
  }
  await producer.disconnect()
  return bytes
}
