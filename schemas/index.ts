export type {
  Attribute,
  DriftEvent,
  DriftKind,
  Example,
  Interaction,
  CopyDetail,
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
  RecentItems,
  RankRequest,
  RecordOf,
  ToldPositive,
  TopicKey,
  User,
} from './records.ts'
export type { DeadLetter, ErasedUpTo, Erasure, LateInteraction } from './left-out-records.ts'
export { type Calibration, calibrationIdOf, IDENTITY_CALIBRATION } from './calibration.ts'
export { type ModelManifest, parseManifest } from './manifest.ts'
export { type TopicCatalogue, topicCatalogue, type TopicParty } from './catalogue.ts'
export { recordKey, rejoinedPrefix, rejoinedTopic, TOPIC_KEYS, type TopicSpec } from './catalogue.ts'
export type { Codec, Decoder } from './codec-contract.ts'
export { createCodec, createDecoder } from './codec.ts'
export { groupOf, LOOP_SERVICES, STAGE_NAMES, STAGES, stagesOf } from './stages.ts'
export type { LoopService, StageName } from './stages.ts'
export { joinedId } from './joined-id.ts'
export { bytesOfVector, vectorOfBytes } from './vector-bytes.ts'
export type { SchemaRegistry } from './schema-registry.ts'
export { registrySettingsOf, requestRegistry } from './registry-client.ts'
export {
  type RegistryAccess,
  registryAccessSchema,
  type RegistryAddress,
  registryRefusal,
} from './registry-access.ts'
export { openRegistry } from './registry-confluent.ts'
export {
  CertificateError,
  DecodeError,
  EncodeError,
  ManifestError,
  RegistryUnavailableError,
  SecretUnreadableError,
} from './errors.ts'
export type { ErrorPolicy } from './errors.ts'
// Secrets: read at each use, and never shown
export { placeOf, type Secret, secretSchema } from './secret.ts'
export { mustBePrivate, readSecret } from './fs-secret.ts'
export { certificatesIn, keyIn, readTls, type TlsOptions } from './fs-tls.ts'
export { type Tls, tlsSchema } from './tls.ts'
export { fetchByTls, type FetchByTlsInit } from './http-fetch-by-tls.ts'
export { speaksTls } from './http-tls-probe.ts'
export { hideSecrets, keepSecret, withoutSecrets } from './secrecy.ts'
export { createMemoryRegistry } from './memory-registry.ts'
