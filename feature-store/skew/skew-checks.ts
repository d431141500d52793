import type { Prediction } from '#schemas'
import type { Runtime } from '#streams'
import type { CompiledFeatureSet } from '../feature-set.ts'
import { checkPrediction } from '../replay/check-prediction.ts'
import { SIGNALS } from '../signals.ts'
import { createItemLookups } from '../stages/item-lookups.ts'
import type { StateStore } from '../state-store.ts'
import type { SkewConfig } from './config.ts'
import type { TailEntry } from './entity-tail.ts'
import type { Adoption } from './mirrored-side.ts'
import { servedBack } from './served-back.ts'
import { checkedVectors, featuresByColumn, type SkewTally } from './skew-tally.ts'
import type { StateMirror } from './state-mirror.ts'

export interface SkewChecks {
  /** A prediction as it came: it waits for its check when it is in the sample and there is room. */
  take(prediction: Prediction, brokerTimeMs: number): void
  /** Works off what is due. */
  run(): Promise<void>
}

export interface SkewChecksParts {
  runtime: Runtime
  store: StateStore
  featureSet: CompiledFeatureSet
  config: SkewConfig
  mirror: StateMirror
  tally: SkewTally
}

interface Waiting {
  prediction: Prediction
  brokerTimeMs: number
}

const ADOPTED_AT_ONCE = 500
const LOOKED_UP_AT_ONCE = 2_000
/** Entries of a user from which on it is looked after although nobody asks for it. */
const OPEN_ENTRIES_MIN = 16

export function createSkewChecks(parts: SkewChecksParts): SkewChecks {
  const { runtime, featureSet, config, mirror, tally } = parts
  const { clock, signals } = runtime
  const features = featuresByColumn(featureSet)
  const lookUp = openLookups(parts)
  let waiting: Waiting[] = []
  let allowance = { vectors: config.vectorsPerSecondMax, atMs: clock.nowMs() }

  const skip = (reason: string) => signals.count(SIGNALS.skewSkipped, { reason })

  /** Whole predictions, so that one may take more than is left; then the next ones wait longer. */
  function allows(vectors: number): boolean {
    const nowMs = clock.nowMs()
    const earned = ((nowMs - allowance.atMs) / 1_000) * config.vectorsPerSecondMax
    allowance = { vectors: Math.min(config.vectorsPerSecondMax, allowance.vectors + earned), atMs: nowMs }
    if (allowance.vectors <= 0) return false
    allowance.vectors -= vectors
    return true
  }

  function check({ prediction }: Waiting): void {
    const found = checkPrediction(mirror, prediction, mirror.isKnown)
    if (found.kind !== 'checked') return
    const { vectors, differing } = checkedVectors(found, features, prediction)
    const back = servedBack(prediction, mirror, featureSet.layouts)
    const all = { vectors, differing: [...differing, ...back].slice(0, Math.max(1, vectors)) }
    tally.add(all, clock.nowMs())
    signals.count(SIGNALS.skewChecked, {}, vectors)
    for (const { features: named } of [...differing, ...back])
      for (const feature of named) signals.count(SIGNALS.skewMismatched, { feature })
  }

  /** Whether it is over with this one. */
  function settle(one: Waiting): boolean {
    const nowMs = clock.nowMs()
    if (nowMs - one.brokerTimeMs < config.delaySeconds * 1_000) return false
    const readiness = mirror.readinessOf(one.prediction)
    if (readiness === 'ready') check(one)
    else if (readiness === 'too_old') skip('too_old')
    else if (nowMs - one.brokerTimeMs < config.waitSecondsMax * 1_000) return false
    else skip('not_read')
    return true
  }

  return {
    take(prediction, brokerTimeMs) {
      if (!prediction.ranking.some(({ vector }) => vector !== null)) return
      if (prediction.featureSetId !== featureSet.id) return skip('other_feature_set')
      if (!mirror.notices(prediction)) return
      const known = prediction.ranking.filter(({ itemId }) => mirror.isKnown(itemId)).length
      if (!allows(known)) return skip('rate')
      if (waiting.length >= config.waitingMax) return skip('too_many')
      waiting.push({ prediction, brokerTimeMs })
    },
    async run() {
      await adopt(parts)
      const dueUsers = new Set(waiting.map(({ prediction }) => prediction.userId))
      await lookUp(dueUsers)
      waiting = waiting.filter((one) => !settle(one))
      mirror.trim(clock.nowMs() - config.waitSecondsMax * 1_000)
      const { users, items } = mirror.sizes()
      signals.gauge(SIGNALS.skewMirrored, users, { entity: 'user' })
      signals.gauge(SIGNALS.skewMirrored, items, { entity: 'item' })
      signals.gauge(SIGNALS.skewShare, tally.reading(clock.nowMs()).share)
    },
  }
}

/** Beginnings of states from the store, where its fence is not behind what was read here. */
async function adopt({ runtime, store, mirror }: SkewChecksParts): Promise<void> {
  const wanted: Adoption[] = []
  for (const adoption of mirror.adoptions()) if (wanted.push(adoption) === ADOPTED_AT_ONCE) break
  if (wanted.length === 0) return
  const { fences, blobs } = await store.read({
    fences: wanted.map(({ tag }) => tag),
    blobs: wanted.map(({ tag, id }) => ({ tag, id })),
  })
  const nowMs = runtime.clock.nowMs()
  for (const [n, { fromOffset, begin }] of wanted.entries()) {
    const fence = fences[n]
    if (fence && fence.nextOffset >= fromOffset) begin(blobs[n] ?? null, fence.nextOffset, nowMs)
  }
}

/** What folds look up, through the code that live folds use; what is unknown now is asked for again next time. */
function openLookups(parts: SkewChecksParts): (dueUsers: ReadonlySet<string>) => Promise<void> {
  const lookups = createItemLookups(parts)
  const { mirror, featureSet } = parts
  if (featureSet.layouts.user.lookups.length === 0) return () => Promise.resolve()

  function openEntries(dueUsers: ReadonlySet<string>): TailEntry[] {
    const entries: TailEntry[] = []
    const add = (userId: string) => entries.push(...mirror.unresolved(userId))
    for (const userId of dueUsers) add(userId)
    for (const [userId, { state }] of mirror.users()) {
      if (entries.length >= LOOKED_UP_AT_ONCE) break
      if (state.length >= OPEN_ENTRIES_MIN && !dueUsers.has(userId)) add(userId)
    }
    return entries
  }

  return async function lookUp(dueUsers) {
    const entries = openEntries(dueUsers)
    if (entries.length === 0) return
    const loaded = await lookups.load(new Set(entries.map(({ itemId }) => itemId)))
    if (loaded === 'put_off') return
    for (const entry of entries) entry.keys = loaded.keysAt(entry.itemId, entry.occurredAtMs)
  }
}
