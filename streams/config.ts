import { z } from 'zod'
import { registryAccessSchema } from '#schemas'
import { kafkaSaslSchema, kafkaTlsSchema } from './kafka-security.ts'
import { redisAccessSchema } from './redis-access.ts'

const KIB = 1024
const MIB = 1024 * KIB
const bytes = z.int().min(KIB)

/** Every queue, batch, retry and payload of the streams part has its bound here. */
/** 1990-01-01 UTC. */
export const EARLIEST_EVENT_MS = 631_152_000_000

export const streamsLimitsSchema = z.strictObject({
  recordBytesMax: bytes
    .default(MIB)
    .describe(
      'value of one record; larger ones are dead-lettered undecoded (too_large): none of the feed is near it, and a fetch holds many',
    ),
  fetchBytesMax: bytes
    .default(8 * MIB)
    .describe(
      'one fetch answer of a stage, all partitions: what a stage holds in memory at most, about ten times that as objects',
    ),
  fetchPartitionBytesMax: bytes
    .default(512 * KIB)
    .describe(
      'one partition of a fetch answer; a larger record still comes alone: 256 KiB took 4 % more CPU time, 1 MiB as much, but held the event loop up for half as long again',
    ),
  fetchWaitMs: z
    .int()
    .min(1)
    .max(5_000)
    .default(200)
    .describe(
      'how long the broker holds an empty fetch: with 50 an idle features process took 2.7 % of a core more than with this, and 500 saved no more; a stop waits for it',
    ),
  batchRecordsMax: z
    .int()
    .min(1)
    .default(2_000)
    .describe(
      'records a stage gets at a time: hot keys are folded together, and what comes behind waits tens of milliseconds at most; with 6,000 the 99th percentile of freshness was 1.4 and 2.0 times as high near the maximum',
    ),
  catchUpFromRecords: z
    .int()
    .min(1)
    .default(20_000)
    .describe(
      'a partition this far behind its end is catching up, and gets larger batches: several times what a busy partition has waiting in a pause of a tenth of a second',
    ),
  catchUpBatchRecordsMax: z
    .int()
    .min(1)
    .default(6_000)
    .describe(
      'records a stage gets at a time while it catches up (batchRecordsMax if that is more): a whole fetch of small records; eight processes took a quarter less CPU time than with 2,000, applyRecordsMax of the features raised alike',
    ),
  partitionsAtOnceMax: z
    .int()
    .min(1)
    .default(8)
    .describe(
      'partitions of a stage at work at the same time: while one waits for its acknowledgement another works; more only takes memory',
    ),
  retryAttemptsMax: z
    .int()
    .min(1)
    .default(10)
    .describe('of one record (verdict retry) before it is parked: its partition waits, the others go on'),
  retryDelayMs: z
    .int()
    .min(1)
    .default(100)
    .describe(
      'before the second attempt; doubles up to retryDelayMaxMs: a passing fault costs little, a lasting one is not hammered',
    ),
  retryDelayMaxMs: z
    .int()
    .min(1)
    .default(5_000)
    .describe('between attempts, also of a parked record: how soon an outage that is over is noticed'),
  futureSkewSecondsMax: z
    .int()
    .min(0)
    .default(300)
    .describe(
      'event time ahead of the broker; more is clamped: clocks of phones are off by minutes, and one must not push time for all',
    ),
  farFutureSecondsMax: z
    .int()
    .min(0)
    .default(86_400)
    .describe(
      'event time ahead of the broker; more is dead-lettered: a day off is a wrong unit or field, no clock',
    ),
  earliestEventMs: z
    .int()
    .min(1)
    .default(EARLIEST_EVENT_MS)
    .describe(
      'event time before this moment (1990-01-01 UTC) is dead-lettered (absurd_time): no log of a feed is older, and a smaller number is seconds or another field',
    ),
  commitIntervalMs: z
    .int()
    .min(1)
    .default(200)
    .describe(
      'offsets are committed at most this often, and on stop: so much is read again after a crash; more often costs the broker',
    ),
  produceRecordsMax: z
    .int()
    .min(1)
    .default(200)
    .describe('outputs are sent when they hold this many records: larger requests gain nothing measurable'),
  produceBytesMax: bytes
    .default(128 * KIB)
    .describe('... or this many bytes, or on flush: as for records, when these are large'),
  produceRequestBytesMax: bytes
    .default(MIB)
    .describe(
      'one produce request; a larger record goes alone: brokers refuse requests beyond message.max.bytes',
    ),
  outputsBytesMax: bytes
    .default(128 * MIB)
    .describe(
      'unacknowledged bytes of one stage: more means that the broker does not keep up, and the stage stops instead of growing',
    ),
  sessionTimeoutMs: z
    .int()
    .min(1_000)
    .default(3_500)
    .describe(
      'a killed process loses its partitions after this: longer, and they wait; shorter, and a process that stands still for so long (a stopped machine, no CPU) loses them too, and what it had at hand is read again. Brokers refuse less than their group.min.session.timeout.ms (6 s, the local stack 1 s): then it is the least of 6, 10 and 30 s that they take',
    ),
  rebalanceTimeoutMs: z
    .int()
    .min(1_000)
    .default(60_000)
    .describe(
      'a member may finish its batch this long: more than any batch takes, or a slow one costs its partitions',
    ),
  heartbeatIntervalMs: z
    .int()
    .min(100)
    .default(500)
    .describe('a rebalance is noticed within this: a seventh of the session, so that some may get lost'),
  brokerOutageSecondsMax: z
    .int()
    .min(1)
    .default(120)
    .describe(
      'brokers silent for longer stop the stage: a rolling restart is shorter, and a supervisor should see what is not',
    ),
  requestTimeoutMs: z
    .int()
    .min(1_000)
    .default(30_000)
    .describe('one request to a broker: what takes longer has been lost on the way'),
  connectTimeoutMs: z
    .int()
    .min(100)
    .default(3_000)
    .describe('one connection attempt to a broker: the next one may be alive'),
  stageProgressSecondsMax: z
    .int()
    .min(1)
    .default(180)
    .describe(
      'one batch at work, or records waiting without a fetch, for longer is a stall: more than brokerOutageSecondsMax, ' +
        'which ends a batch that waits for brokers by itself',
    ),
  consumerRestartsMax: z
    .int()
    .min(0)
    .default(3)
    .describe(
      'times that a consumer which stopped fetching is replaced with no batch between: what three new ones do not cure needs a new process',
    ),
  leaveSecondsMax: z
    .int()
    .min(1)
    .default(10)
    .describe(
      'a stalled consumer is waited for so long: then it is left behind, and the broker ends its session after sessionTimeoutMs',
    ),
  crashLoopDeathsMax: z
    .int()
    .min(0)
    .max(20)
    .default(3)
    .describe(
      'deaths of the process in a row with one record alone at hand before it is dead-lettered undecoded (crash_loop), ' +
        '0 never: fewer could take a good record in a storm of kills, more is a longer outage',
    ),
  crashLoopWatchRecords: z
    .int()
    .min(1)
    .default(20_000)
    .describe(
      'records after a death that come in chunks: more than a stage reads in commitIntervalMs, or the one that kills lies behind them',
    ),
  crashLoopChunkRecords: z
    .int()
    .min(2)
    .default(64)
    .describe(
      'records of a chunk: each chunk costs a commit, each record of one that was at hand in a death two',
    ),
  crashLoopGivenUpMax: z
    .int()
    .min(1)
    .default(10)
    .describe(
      'records given up in a row: when even more kill, it is the program and not the records, and dead-lettering them would empty the topic',
    ),
})
export type StreamsLimits = z.infer<typeof streamsLimitsSchema>

/** The `streams` keys of a feed configuration; `parse({})` is the demo feed. */
export const streamsConfigSchema = z.strictObject({
  prefix: z
    .string()
    .regex(
      /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/,
      'must be 1-100 of a-z A-Z 0-9 . _ - and begin with a letter or digit',
    )
    .default('feed')
    .describe('of topic and group names: two loops can share a broker'),
  kafka: z
    .strictObject({
      brokers: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('host:port; FEEDLOOP_KAFKA_BROKERS wins'),
      tls: kafkaTlsSchema.optional().describe('left out: plain text'),
      sasl: kafkaSaslSchema.optional().describe('left out: no login'),
      partitions: z
        .int()
        .min(1)
        .max(1_000)
        .default(4)
        .describe('of every keyed topic; cannot be changed later'),
      replicationFactor: z.int().min(1).max(9).default(1),
      compression: z
        .enum(['producer', 'uncompressed'])
        .default('producer')
        .describe(
          'of topics: what each producer made of its batches (gzip, snappy, lz4 and zstd are read), or unpacked by the brokers for readers that know less',
        ),
      whenTopicChanged: z
        .enum(['refuse', 'keep', 'rebuild'])
        .default('refuse')
        .describe('what a state does whose topic was deleted and made anew; set for one start'),
    })
    .prefault({}),
  registry: z
    .strictObject({
      url: z.url().optional().describe('Confluent-compatible, with its path; FEEDLOOP_REGISTRY_URL wins'),
      otherUrls: z
        .array(z.url())
        .optional()
        .describe(
          'of the same registry, asked when one does not answer; FEEDLOOP_REGISTRY_URL may list several',
        ),
      ...registryAccessSchema.shape,
    })
    .prefault({}),
  redis: z
    .strictObject({
      url: z.url().optional().describe('redis:// or rediss://; FEEDLOOP_REDIS_URL wins'),
      ...redisAccessSchema.shape,
    })
    .prefault({}),
  limits: streamsLimitsSchema.prefault({}),
})
export type StreamsConfig = z.infer<typeof streamsConfigSchema>
