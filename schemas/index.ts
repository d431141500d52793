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
  ToldPositive,
  TopicKey,
  User,
} from './records.ts'
export { type Calibration, calibrationIdOf, IDENTITY_CALIBRATION } from './calibration.ts'
export { type ModelManifest, parseManifest } from './manifest.ts'
export { type TopicCatalogue, topicCatalogue } from './catalogue.ts'
export type { Codec } from './codec-contract.ts'
export { createCodec } from './codec.ts'
export { groupOf, LOOP_SERVICES, STAGE_NAMES, STAGES, stagesOf } from './stages.ts'
export type { LoopService, StageName } from './stages.ts'
export { bytesOfVector, vectorOfBytes } from './vector-bytes.ts'
export type { SchemaRegistry } from './schema-registry.ts'
export { type RegistryAddress, registrySettingsOf, requestRegistry } from './registry-client.ts'
export { openRegistry } from './registry-confluent.ts'
export { DecodeError, EncodeError, ManifestError, RegistryUnavailableError } from './errors.ts'
export type { ErrorPolicy } from './errors.ts'
export { createMemoryRegistry } from './memory-registry.ts'
