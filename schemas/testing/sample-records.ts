import type { RecordOf } from '../records.ts'
import { bytesOfVector } from '../vector-bytes.ts'

const EVENT_MS = 1_700_000_000_000
const interaction = {
  interactionId: 'i-1',
  userId: 'u-7',
  itemId: 'item-ø-42',
  type: 'click',
  occurredAtMs: EVENT_MS,
  requestId: 'r-1',
  position: 3,
  value: null,
}
const attributes = [
  { name: 'category', text: 'shoes', number: null },
  { name: 'price', text: null, number: 59.5 },
]
const vector = bytesOfVector(Float32Array.of(0.5, -1, 0))
const flags = Buffer.from([0, 2, 1])

/** One valid record of every type, with both sides of its optional fields where it repeats. */
export const sampleRecords: { readonly [K in keyof RecordOf]: RecordOf[K] } = {
  interactions: interaction,
  itemInteractions: {
    sourcePartition: 2,
    types: ['view', 'click'],
    items: [
      {
        itemId: 'item-ø-42',
        copies: [
          { sourceOffset: 9_007_199_254_740_000, typeIndex: 0, occurredAtMs: EVENT_MS },
          { sourceOffset: 9_007_199_254_740_300, typeIndex: 1, occurredAtMs: EVENT_MS + 1 },
        ],
      },
      {
        itemId: 'item-1',
        copies: [{ sourceOffset: 9_007_199_254_740_007, typeIndex: 0, occurredAtMs: EVENT_MS - 60_000 }],
      },
    ],
    details: [
      { sourceOffset: 9_007_199_254_740_000, value: 12.5, recentItems: [] },
      {
        sourceOffset: 9_007_199_254_740_300,
        value: null,
        recentItems: [{ listHash: -7, itemHashes: [1, 134_217_727] }],
      },
    ],
  },
  users: { userId: 'u-7', occurredAtMs: EVENT_MS, attributes },
  items: { itemId: 'item-ø-42', occurredAtMs: EVENT_MS, attributes: [] },
  requests: {
    requestId: 'r-1',
    userId: 'u-7',
    occurredAtMs: EVENT_MS,
    candidates: ['item-1', 'item-2', 'item-ø-42'],
    context: attributes,
  },
  predictions: {
    predictionId: 'p:r-1',
    requestId: 'r-1',
    userId: 'u-7',
    occurredAtMs: EVENT_MS,
    scoredAtMs: 1_760_000_000_123,
    modelId: 'm-1',
    calibrationId: 'c-1',
    featureSetId: 'fs-1',
    fallbackReason: null,
    requestPartition: 1,
    requestOffset: 12_345,
    userOffset: -1,
    context: [],
    ranking: [
      { itemId: 'item-ø-42', score: 0.25, rank: 0, propensity: 0.95, vector, flags, itemOffset: 77 },
      { itemId: 'item-1', score: null, rank: 1, propensity: 0.05, vector: null, flags: null, itemOffset: -1 },
    ],
    feedOffsets: [12, -1],
  },
  outcomes: {
    outcomeId: 'o-1',
    requestId: 'r-1',
    userId: 'u-7',
    itemId: 'item-1',
    type: 'dwell',
    value: 12.5,
    occurredAtMs: EVENT_MS + 60_000,
    position: 3,
  },
  examples: {
    exampleId: 'p:r-1/item-1',
    predictionId: 'p:r-1',
    requestId: 'r-1',
    userId: 'u-7',
    itemId: 'item-1',
    modelId: '',
    featureSetId: 'fs-1',
    fallbackReason: 'no_model',
    occurredAtMs: EVENT_MS,
    maturedAtMs: EVENT_MS + 600_000,
    rank: 1,
    propensity: 0.05,
    score: null,
    vector,
    flags,
    labels: [
      { name: 'click', value: 1 },
      { name: 'like', value: 0 },
    ],
    toldBy: [{ label: 'click', source: 'interactions' }],
    labelsOut: ['like'],
    position: 2,
  },
  models: {
    modelId: 'm-1',
    learner: 'ftrl',
    stage: 'champion',
    reason: 'normalized entropy 0.91 against 0.95 on 2000 fresh examples',
    movedAtMs: 1_760_000_000_123,
    occurredAtMs: EVENT_MS,
    manifest: '{}',
    pinned: true,
  },
  modelArtifacts: {
    modelId: 'm-1',
    index: 0,
    count: 1,
    sha256: 'ab'.repeat(32),
    bytes: Buffer.from([0x08, 0x0a, 0xff, 0x00]),
  },
  drift: {
    monitor: 'loss:click',
    kind: 'concept',
    cause: 'matured log-loss rose; features fresh, no lag, no swap',
    detector: 'adwin',
    before: 0.31,
    after: 0.47,
    examples: 2_000,
    modelId: 'm-1',
    occurredAtMs: EVENT_MS,
    detectedAtMs: 1_760_000_000_123,
  },
  late: { ...interaction, sourcePartition: 2, sourceOffset: 41, newestAtMs: EVENT_MS + 1_000_000_000 },
  deadLetters: {
    topic: 'feed.interactions.v1',
    partition: 3,
    offset: 41,
    reason: 'undecodable',
    detail: 'first byte is 0x7b, not the magic 0x00',
    stage: 'features-user',
    key: Buffer.from('u-7'),
    value: Buffer.from('{"userId":"u-7"}'),
    diedAtMs: 1_760_000_000_123,
  },
}
