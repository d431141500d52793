import { createDecoder, openRegistry, type Decoder, type TopicCatalogue } from '#schemas'
import type { StreamsConfig } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { codeOf, OperatorError, policyOf } from '../errors.ts'
import { newestRecords } from '../kafka/kafka-newest-records.ts'
import { catalogueOf } from '../kafka/kafka-runtime.ts'
import { type Finding, unknown } from './finding.ts'
import { judgeKeys } from './judge-keys.ts'
import { ASK_ONCE } from './ask-once.ts'
import type { KnownAddresses } from './known-addresses.ts'
import { type Sample, SAMPLED_TOPICS, type SampledTopic, type Samples } from './samples.ts'

/** Of each partition: enough to see what one producer in ten does, few enough for a second. */
const SAMPLED_OFFSETS_MAX = 50

/** What another part makes of the newest records of a feed. */
export type JudgeSamples = (samples: Samples) => Finding[]

/** Looks at the newest records that feeds wrote: their keys here, what is in them by `judge`. */
export async function examineSamples(
  config: StreamsConfig,
  { kafka, registry }: Pick<KnownAddresses, 'kafka' | 'registry'>,
  judge: JudgeSamples,
): Promise<Finding[]> {
  if (kafka instanceof OperatorError || registry instanceof OperatorError) return [] // told where that is looked at
  const catalogue = catalogueOf(config)
  try {
    const codec = createDecoder(openRegistry(registry, ASK_ONCE), catalogue)
    const samples = Object.fromEntries(
      await Promise.all(
        SAMPLED_TOPICS.map(
          async (topic) => [topic, await sampleOf(topic, { kafka, codec, catalogue })] as const,
        ),
      ),
    ) as unknown as Samples
    return [...judgeKeys(samples, catalogue), ...judge(samples)]
  } catch (error) {
    if (policyOf(error) === 'bug') throw error
    return [unknown('newest records', error instanceof Error ? error.message : codeOf(error))]
  }
}

interface Source {
  kafka: Addresses['kafka']
  codec: Decoder
  catalogue: TopicCatalogue
}

/** Records that cannot be decoded are dead letters, and told as such. */
async function sampleOf<K extends SampledTopic>(
  topic: K,
  { kafka, codec, catalogue }: Source,
): Promise<Sample<K>[]> {
  const samples: Sample<K>[] = []
  for (const { partition, offset, key, value } of await newestRecords(
    { kafka },
    catalogue[topic].name,
    SAMPLED_OFFSETS_MAX,
  )) {
    try {
      if (value !== null) await codec.load(topic, value)
      samples.push({ partition, offset, key, value: value === null ? null : codec.decode(topic, value) })
    } catch (error) {
      if (policyOf(error) !== 'poison') throw error
    }
  }
  return samples
}
