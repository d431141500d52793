import type { Broker } from 'kafkajs'

export interface TopicFacts {
  /** Base64; null: the broker gives topics no ids. */
  id: string | null
  partitions: number
}

/** What a kafkajs broker has besides what its types say. */
type BrokerInside = Broker & {
  versions?: Record<number, { maxVersion: number }>
  connectionPool: { send(request: object): Promise<unknown> }
}

const METADATA = 3
/** The first one with topic ids: Kafka 2.8. kafkajs 2.2.4 asks in version 6. */
const VERSION = 10
const ID_BYTES = 16

/** Ids and widths of topics by name; null when the broker is too old to say. Topics that are not there are left out. */
export async function askTopicIds(
  broker: Broker,
  names: readonly string[],
): Promise<Map<string, TopicFacts> | null> {
  const { versions, connectionPool } = broker as BrokerInside
  if ((versions?.[METADATA]?.maxVersion ?? 0) < VERSION) return null
  const answer = await connectionPool.send({
    request: {
      apiKey: METADATA,
      apiVersion: VERSION,
      apiName: 'Metadata',
      encode: () => Promise.resolve(asEncoder(encodeTopicIdsRequest(names))),
    },
    response: {
      decode: (frame: Buffer) => Promise.resolve(decodeTopicIds(frame)),
      parse: (topics: Map<string, TopicFacts>) => Promise.resolve(topics),
    },
  })
  return answer as Map<string, TopicFacts>
}

/** As kafkajs looks at what it puts behind a header. */
const asEncoder = (bytes: Buffer) => ({ buf: bytes, buffer: bytes })

/** Metadata request, version 10, from the tags of its header on: https://kafka.apache.org/protocol#The_Messages_Metadata */
export function encodeTopicIdsRequest(names: readonly string[]): Buffer {
  const topics = names.map((name) => {
    const bytes = Buffer.from(name)
    return Buffer.concat([Buffer.alloc(ID_BYTES), uvarint(bytes.length + 1), bytes, NO_TAGS])
  })
  const flags = Buffer.from([0, 0, 0]) // make no topics; nobody's rights
  return Buffer.concat([NO_TAGS, uvarint(names.length + 1), ...topics, flags, NO_TAGS])
}

const NO_TAGS = Buffer.from([0])

function uvarint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}

/** Its answer, from the tags of its header on. */
export function decodeTopicIds(frame: Buffer): Map<string, TopicFacts> {
  const read = new CompactReader(frame)
  read.tags()
  read.skip(4) // throttle time
  for (let left = read.length(); left > 0; left--) {
    read.skip(4) // node id
    read.text()
    read.skip(4) // port
    read.text()
    read.tags()
  }
  read.text() // cluster id
  read.skip(4) // controller
  const topics = new Map<string, TopicFacts>()
  for (let left = read.length(); left > 0; left--) {
    const errorCode = read.int16()
    const name = read.text()
    const id = read.bytes(ID_BYTES)
    read.skip(1) // internal
    const partitions = read.length()
    for (let partition = 0; partition < partitions; partition++) {
      read.skip(2 + 4 + 4 + 4) // error, index, leader, its epoch
      for (let list = 0; list < 3; list++) read.skip(4 * read.length()) // replicas: all, in sync, offline
      read.tags()
    }
    read.skip(4) // rights
    read.tags()
    const hasId = id.some((byte) => byte !== 0)
    if (errorCode === 0) topics.set(name, { id: hasId ? id.toString('base64url') : null, partitions })
  }
  return topics
}

/** Fields of the flexible versions: lengths as varints, one more than they are, 0 for null. */
class CompactReader {
  #at = 0
  readonly #frame: Buffer

  constructor(frame: Buffer) {
    this.#frame = frame
  }

  skip(count: number): void {
    this.#at += count
  }

  int16(): number {
    this.skip(2)
    return this.#frame.readInt16BE(this.#at - 2)
  }

  bytes(count: number): Buffer {
    this.skip(count)
    return this.#frame.subarray(this.#at - count, this.#at)
  }

  length(): number {
    return Math.max(0, this.#uvarint() - 1)
  }

  text(): string {
    return this.bytes(this.length()).toString('utf8')
  }

  tags(): void {
    for (let left = this.#uvarint(); left > 0; left--) {
      this.#uvarint() // its number
      this.skip(this.#uvarint())
    }
  }

  #uvarint(): number {
    let [value, weight] = [0, 1]
    for (;;) {
      const byte = this.#frame.readUInt8(this.#at++)
      value += (byte & 0x7f) * weight
      if (byte < 0x80) return value
      weight *= 0x80
    }
  }
}
