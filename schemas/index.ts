export type {
  Attribute,
  DeadLetter,
  DriftEvent,
  DriftKind,
  Example,
  Interaction,
  InteractionCopy,
  Item,
  ItemInteractions,
  Label,
  ModelArtifact,
  ModelMove,
  ModelStage,
  Outcome,
  Prediction,
  RankedItem,
  RankRequest,
  RecordOf,
  TopicKey,
  User,
} from './records.ts'
export { modelManifestSchema } from './manifest.ts'
export type { ModelManifest } from './manifest.ts'
export { parseManifest } from './manifest.ts'
export { TOPIC_KEYS, recordKey, topicCatalogue } from './catalogue.ts'
export type { TopicCatalogue, TopicCatalogueOptions, TopicParty, TopicSpec } from './catalogue.ts'
export type { Codec } from './codec-contract.ts'
export { createCodec } from './codec.ts'
export { groupOf, LOOP_SERVICES, STAGE_NAMES, STAGES, stagesOf } from './stages.ts'
export type { LoopService, StageName } from './stages.ts'
export { HEADER_BYTES, schemaIdOf } from './wire-format.ts'
export { bytesOfVector, vectorOfBytes } from './vector-bytes.ts'
export type { SchemaRegistry } from './schema-registry.ts'
export { type RegistryAddress, registrySettingsOf, requestRegistry } from './registry-client.ts'
export { openRegistry } from './registry-confluent.ts'
export type { RegistryOptions } from './registry-confluent.ts'
export {
  DecodeError,
  EncodeError,
  ManifestError,
  RegistryRefusedError,
  RegistryUnavailableError,
  SchemaIncompatibleError,
} from './errors.ts'
export type { DecodeErrorCode, ErrorPolicy } from './errors.ts'
export { createMemoryRegistry } from './memory-registry.ts'
export type { MemoryRegistry } from './memory-registry.ts'
