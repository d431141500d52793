/**
 * The process that decodes: a crash of it is what `npm run fuzz` looks for. Argument: JSON of FuzzArguments. Writes lines
 * of JSON: `{played}` as it goes, at last `{tally, rssMiB}`.
 */
import avsc from 'avsc'
import { createAvroEncoder } from '../../avro-encoder.ts'
import { TOPIC_KEYS } from '../../catalogue.ts'
import { createCodec } from '../../codec.ts'
import type { Codec } from '../../codec-contract.ts'
import { readCurrentSchema } from '../../fs-schemas.ts'
import type { TopicKey } from '../../records.ts'
import { createTopicReader } from '../../topic-reader.ts'
import { testCatalogue } from '../current-types.ts'
import { createCodecFuzz } from './codec-fuzz.ts'
import { createCorpus } from './corpus.ts'

export interface FuzzArguments {
  seed: number
  /** The first payload. */
  from: number
  payloads: number
  /** Without the walk: what avsc does by itself. The negative control. */
  unguarded: boolean
}

/** Records made by fast-check per topic, besides golden and sample ones. */
const ARBITRARY_PER_TOPIC = 40
const TOLD_EVERY = 2_000

const { seed, from, payloads, unguarded } = JSON.parse(process.argv[2]!) as FuzzArguments
const corpus = await createCorpus(seed, ARBITRARY_PER_TOPIC)
const codec = unguarded ? avscAlone() : await createCodec(corpus.registry, testCatalogue())
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
const run = createCodecFuzz({ codec, corpus, seed, elapsedMs: () => performance.now(), cpuMs })
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

for (let index = from; index < from + payloads; index++) {
  if ((index - from) % TOLD_EVERY === 0) {
    tell({ played: index - from })
    // The line must leave before the next payload may kill the process.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await run.play(index)
}
tell({ tally: run.tally, rssMiB: Math.round(process.resourceUsage().maxRSS / 1024) })

/** Our codec without its walk; ids count as in the corpus' registry. */
function avscAlone(): Codec {
  const catalogue = testCatalogue()
  const topics = TOPIC_KEYS.map((key, at) => {
    const { name, schemaFile, valueBytesMax } = catalogue[key]
    const type = avsc.Type.forSchema(JSON.parse(readCurrentSchema(schemaFile)) as avsc.Schema)
    const [schemaId, walk] = [corpus.schemaIds[2 * at]!, () => undefined]
    const reader = createTopicReader({ topic: name, reader: type, readerId: schemaId, readerWalk: walk })
    return [
      key,
      { reader, encode: createAvroEncoder({ topic: name, schemaId, type, walk, valueBytesMax }) },
    ] as const
  })
  const byKey = Object.fromEntries(topics) as Record<TopicKey, (typeof topics)[number][1]>
  return {
    encode: (topic, record) => byKey[topic].encode(record),
    decode: (topic, bytes) => byKey[topic].reader.decode(bytes) as never,
    load: async () => undefined,
  }
}
