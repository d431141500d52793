import avsc from 'avsc'
import { type Codec, type Interaction, openRegistry, type RegistryAddress } from '#schemas'
import { catalogueOf } from '#streams'
import type { OwnFeed } from '../testing/own-feed.ts'

/** A service that writes interactions by a newer schema than ours, as the registry allows. */
export interface SecondWriter {
  readonly schemaId: number
  encode(interaction: Interaction): Buffer
}

const MAGIC_BYTE = 0

/** Registers the feed's interactions with one more field. */
export async function registerSecondWriter(
  address: RegistryAddress,
  { config, runtime }: OwnFeed,
): Promise<SecondWriter> {
  const registry = openRegistry(address)
  const { subject } = catalogueOf(config).interactions
  const known = runtime.codec.encode('interactions', SOME_INTERACTION).readUInt32BE(1)
  const schema = JSON.parse((await registry.schemaById(known))!) as { fields: unknown[] }
  schema.fields.push({ name: 'clientVersion', type: ['null', 'string'], default: null })
  const schemaId = await registry.register(subject, JSON.stringify(schema))
  const type = avsc.Type.forSchema(schema as avsc.Schema)
  const head = Buffer.alloc(5)
  head.writeUInt8(MAGIC_BYTE, 0)
  head.writeUInt32BE(schemaId, 1)
  return {
    schemaId,
    encode: (interaction) => Buffer.concat([head, type.toBuffer({ ...interaction, clientVersion: '2' })]),
  }
}

/** The feed's codec, but interactions that `isTheirs` are written by the second writer. */
export const withSecondWriter = (
  codec: Codec,
  writer: SecondWriter,
  isTheirs: (interaction: Interaction) => boolean,
): Codec => ({
  ...codec,
  encode: (topic, record) =>
    topic === 'interactions' && isTheirs(record as Interaction)
      ? writer.encode(record as Interaction)
      : codec.encode(topic, record),
})

const SOME_INTERACTION: Interaction = {
  interactionId: 'x',
  userId: 'u',
  itemId: 'i',
  type: 'view',
  occurredAtMs: 1,
  requestId: null,
  position: null,
  value: null,
}
