import type { Interaction } from '#schemas'
import { createAgenda } from './agenda.ts'
import { createBehaviour } from './behaviour.ts'
import type { Injection, SimulatorConfig } from './config.ts'
import type { Emission } from './emission.ts'
import { createInjections } from './injections.ts'
import { createPeople, type Person, userRecord } from './people.ts'
import { createShelf, type LiveItem } from './shelf.ts'
import { createTelling } from './telling.ts'
import { createTruth, type Truth } from './truth.ts'
import { createVisits } from './visits.ts'

export interface FeedSimulation {
  /** Where the feed's clock stands, ms of event time. */
  readonly nowMs: number
  /** Requests asked and not yet answered or given up. */
  readonly waiting: number
  readonly truth: Truth
  /** When something happens next, ms of event time; Infinity: never. */
  readonly nextAtMs: number
  /** What nobody is told: the people with their tastes, items with their quality, what all think of categories. */
  readonly hidden: Hidden
  /** What was injected so far, and when (event time). */
  readonly injected: readonly { kind: Injection['kind']; atMs: number }[]
  /** Moves the clock and returns what the feed publishes until then, in the order it happened. */
  advanceTo(feedMs: number): Emission[]
  /**
   * The feed shows the top of this ranking now. False when the request is not waiting (answered before, given up).
   * @param itemIds best first
   */
  answered(requestId: string, itemIds: readonly string[]): boolean
  /** No answer came in time: the feed shows the candidates in its own order, and what comes of them names no request. */
  givenUp(requestId: string): boolean
  /** Nobody comes any more, nothing is born or injected; what people still do about what they saw goes on. */
  close(): void
}

export interface Hidden {
  readonly people: readonly Person[]
  readonly categoryAppeals: readonly number[]
  /** Undefined when there is none, or it died long ago. */
  itemOf(itemId: string): LiveItem | undefined
}

export interface FeedSimulationOptions {
  seed: string
  config: SimulatorConfig
  /** Event time at which people start to ask for rankings; the history lies before. */
  startMs: number
}

type Entry =
  | { kind: 'visit' }
  | { kind: 'birth'; seat: number }
  | { kind: 'injection'; injection: Injection }
  | { kind: 'release' }
  | { kind: 'interaction'; interaction: Interaction }

const MINUTE_MS = 60_000

/**
 * A feed that behaves like one, as a pure function of its seed and of the answers it is given. It starts with a
 * history that nobody ranked (interactions without a request), so that a store has something to know.
 */
export function createFeedSimulation({ seed, config, startMs }: FeedSimulationOptions): FeedSimulation {
  const people = createPeople(seed, config)
  const shelf = createShelf(seed, config)
  const behaviour = createBehaviour(seed, config)
  const truth = createTruth(MINUTE_MS)
  const agenda = createAgenda<Entry>()
  const injections = createInjections()
  const telling = createTelling()
  const bornMs = Math.floor(startMs - config.historyMinutes * MINUTE_MS)
  let clockMs = bornMs
  let closed = false
  const visits = createVisits({
    ...{ seed, config, startMs, people, shelf, behaviour, truth, telling },
    laws: injections.laws,
    nowMs: () => clockMs,
    tellLater: (interaction) => plan(interaction.occurredAtMs, { kind: 'interaction', interaction }),
  })

  for (const injection of config.injections) {
    plan(startMs + injection.atMinutes * MINUTE_MS, { kind: 'injection', injection })
  }
  for (let seat = 0; seat < shelf.seatCount; seat++) plan(bornMs, { kind: 'birth', seat })
  plan(bornMs, { kind: 'visit' })
  for (const person of people.all)
    telling.emit({ topic: 'users', key: person.userId, record: userRecord(person, bornMs) })

  /** Event time is whole milliseconds. */
  function plan(atMs: number, entry: Entry): void {
    agenda.add(Math.ceil(atMs), entry)
  }

  function advanceTo(feedMs: number): Emission[] {
    while (agenda.nextAtMs() <= feedMs) {
      const due = agenda.take()!
      clockMs = Math.max(clockMs, due.atMs)
      happen(due.entry)
    }
    clockMs = Math.max(clockMs, Math.floor(feedMs))
    return telling.take()
  }

  function happen(entry: Entry): void {
    if (entry.kind === 'interaction') return telling.interaction(entry.interaction, clockMs)
    if (entry.kind === 'release') return telling.release()
    if (closed) return
    if (entry.kind === 'visit') {
      plan(clockMs + visits.untilNextMs(), entry)
      visits.visit()
    } else if (entry.kind === 'birth') {
      if (shelf.bornCount >= (config.itemsMax ?? Infinity)) return
      const { item, record } = shelf.bear(entry.seat, clockMs, injections.mood)
      telling.emit({ topic: 'items', key: item.itemId, record })
      plan(item.diesAtMs, entry)
    } else {
      const heldUntilMs = injections.inject(entry.injection, clockMs)
      if (heldUntilMs === null) return
      telling.holdBackUntil(heldUntilMs)
      plan(heldUntilMs, { kind: 'release' })
    }
  }

  return {
    get nowMs() {
      return clockMs
    },
    get waiting() {
      return visits.waiting.size
    },
    get nextAtMs() {
      return agenda.nextAtMs()
    },
    hidden: {
      people: people.all,
      categoryAppeals: behaviour.categoryAppeals,
      itemOf: (itemId) => shelf.byId(itemId),
    },
    truth,
    injected: injections.injected,
    advanceTo,
    answered: visits.answered,
    givenUp: visits.givenUp,
    close: () => void (closed = true),
  }
}
