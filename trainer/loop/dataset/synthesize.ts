import type { Interaction } from '#schemas'
import { createFeedSimulation, type FeedSimulation, normalizedEntropyOf } from '#streams'
import type { Cell } from '#feature-store/files'
import { createDevices, dwellSecondsOf } from './chance-facts.ts'
import type { FeedTable } from './feed-tables.ts'
import { createItemFacts, type FactsOf } from './item-facts.ts'
import { createPendingImpressions } from './pending-impressions.ts'
import { LABEL_HORIZON_HOURS, simulatorOf, type Synthesis } from './synthesis.ts'
import { truthOf, type Truth } from './truth.ts'
import { createUserHistories } from './user-history.ts'

/** Takes the rows of all tables as they happen. */
export interface TablesSink {
  add(table: FeedTable, cells: Cell[]): void
}

export interface SynthesizeParts {
  sink: TablesSink
  /** Called at the end of each hour of the feed. */
  onHour?: (impressions: number, atMs: number) => void | Promise<void>
  signal?: AbortSignal
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Plays the simulated feed (streams/simulator) for so many days and writes down what a feed service would know: who was
 * shown what, what came of it, what was known of items and people. Every ranking is the feed's own order. The same
 * options give the same rows. Memory: people, items, and the impressions of one label horizon.
 */
export async function synthesize(
  options: Synthesis,
  { sink, onHour, signal }: SynthesizeParts,
): Promise<Truth> {
  const startMs = Date.parse(`${options.start}T00:00:00Z`)
  const endMs = startMs + options.days * DAY_MS
  const config = simulatorOf(options)
  const simulation = createFeedSimulation({ seed: options.seed, config, startMs })
  const factsOf = createItemFacts(options.seed, config)
  const writing = createWriting(options.seed, { simulation, sink, factsOf })
  const sums = { shown: 0, clicks: 0, logLoss: 0 }
  const horizonMs = LABEL_HORIZON_HOURS * HOUR_MS

  for (let hourMs = startMs - DAY_MS; hourMs < endMs + horizonMs; hourMs += HOUR_MS) {
    signal?.throwIfAborted()
    if (hourMs === endMs) simulation.close()
    if (hourMs >= startMs && hourMs < endMs && (hourMs - startMs) % DAY_MS === 0) writing.asOf(hourMs)
    writing.until(hourMs + HOUR_MS)
    writing.release(hourMs + HOUR_MS - horizonMs)
    const hour = simulation.truth.between(hourMs, hourMs + HOUR_MS)
    sums.shown += hour.shown
    sums.clicks += hour.clicks
    sums.logLoss += hour.logLoss
    await onHour?.(writing.impressions, hourMs + HOUR_MS)
  }
  writing.release(Infinity)
  return truthOf(options, {
    config,
    hidden: simulation.hidden,
    items: writing.items,
    bestReachable: normalizedEntropyOf(sums),
    ...{ shown: sums.shown, clicks: sums.clicks, likes: writing.likes },
  })
}

/** What of the simulation goes into which table. */
function createWriting(
  seed: string,
  { simulation, sink, factsOf }: { simulation: FeedSimulation; sink: TablesSink; factsOf: FactsOf },
) {
  const { people } = simulation.hidden
  const deviceOf = createDevices(seed)
  const histories = createUserHistories(people.map(({ userId }) => userId))
  const pending = createPendingImpressions()
  const items: { itemId: string; quality: number }[] = []
  let [impressions, likes] = [0, 0]

  function published(itemId: string, atMs: number): void {
    const item = simulation.hidden.itemOf(itemId)!
    const { category, hashtags, authorId } = factsOf(item)
    items.push({ itemId, quality: item.quality })
    sink.add('content_features', [itemId, category, hashtags, authorId, new Date(atMs)])
  }

  function happened(interaction: Interaction): void {
    const { interactionId, requestId, userId, itemId, type, occurredAtMs } = interaction
    const dwell = type === 'click' ? dwellSecondsOf(seed, interactionId) : null
    sink.add('interactions', [interactionId, requestId, userId, itemId, type, new Date(occurredAtMs), dwell])
    histories.add(userId, type, itemId)
    if (requestId === null) return
    if (type === 'view') {
      pending.seen(interaction, deviceOf(userId, requestId))
      impressions++
    } else pending.outcome(interaction, dwell)
    if (type === 'like') likes++
  }

  return {
    items,
    get impressions() {
      return impressions
    },
    get likes() {
      return likes
    },
    asOf(atMs: number): void {
      for (const row of histories.rows(atMs)) sink.add('user_features', row)
    },
    release(beforeMs: number): void {
      for (const row of pending.before(beforeMs)) sink.add('impressions', row)
    },
    /** Everything up to but not at this moment. */
    until(atMs: number): void {
      while (simulation.nextAtMs < atMs) {
        for (const emission of simulation.advanceTo(simulation.nextAtMs)) {
          if (emission.topic === 'items') published(emission.key, emission.record.occurredAtMs)
          else if (emission.topic === 'interactions') happened(emission.record)
          else if (emission.topic === 'requests')
            simulation.answered(emission.record.requestId, emission.record.candidates)
        }
      }
    },
  }
}
