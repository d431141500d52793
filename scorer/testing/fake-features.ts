import type { Check } from '#streams'
import type { FeatureAnswer, FeatureReader, FeatureRequest, FeatureSet } from '#feature-store'

export interface FakeFeatures extends FeatureReader {
  /** Every later read answers so; undefined: vectors again. */
  answerWith(answer: FeatureAnswer | undefined): void
  /** What the store's check says from now on. */
  checkAs(check: Check): void
  /** Later reads wait for this. */
  waitFor(gate: Promise<void>): void
  /** Sizes of the reads so far, in requests. */
  readonly reads: number[]
}

export const FAKE_FEATURE_SET: FeatureSet = { id: 'fs-fake', names: ['user', 'item', 'hour'], width: 3 }

/** A store whose vectors follow from the ids alone: the digits in the user's id, those in the item's, the hour. */
export function createFakeFeatures(featureSet: FeatureSet = FAKE_FEATURE_SET): FakeFeatures {
  let fixed: FeatureAnswer | undefined
  let opened: Promise<void> = Promise.resolve()
  let checked: Check = { status: 'ok' }
  const reads: number[] = []
  return {
    featureSet,
    reads,
    answerWith(answer) {
      fixed = answer
    },
    checkAs(check) {
      checked = check
    },
    check: () => Promise.resolve(checked),
    waitFor(gate) {
      opened = gate
    },
    async read(requests) {
      reads.push(requests.length)
      await opened
      return fixed ?? vectorsOf(requests, featureSet.width)
    },
  }
}

function vectorsOf(requests: readonly FeatureRequest[], width: number): FeatureAnswer {
  const rows = requests.flatMap(({ userId, itemIds, occurredAtMs }) =>
    itemIds.map((itemId) => [
      digits(userId) / 100,
      digits(itemId) / 100,
      new Date(occurredAtMs).getUTCHours() / 24,
    ]),
  )
  const vectors = new Float32Array(rows.length * width)
  rows.forEach((row, at) => vectors.set(row.slice(0, width), at * width))
  return {
    kind: 'vectors',
    vectors: {
      vectors,
      flags: Uint8Array.from(vectors, (value) => (value === 0 ? 1 : 0)),
      feedOffsets: [],
      userOffsets: requests.map(({ userId }) => digits(userId)),
      itemOffsets: requests.flatMap(({ itemIds }) => itemIds.map(digits)),
    },
  }
}

function digits(id: string): number {
  return Number(id.replace(/\D/g, '')) || 0
}
