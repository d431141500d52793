import type { Interaction, RankRequest, RecordOf } from '#schemas'
import { createAgenda } from './agenda.ts'
import { createBehaviour, rhythmAt, type Laws } from './behaviour.ts'
import type { Injection, SimulatorConfig } from './config.ts'
import { createPeople, userRecord, type Person } from './people.ts'
import { createRandom } from './random.ts'
import { createShelf, type ShelfMood } from './shelf.ts'
import { createTruth, type Truth } from './truth.ts'

export type FeedTopic = 'users' | 'items' | 'requests' | 'interactions'

/** Something the feed publishes. `record.occurredAtMs` is when it happened; a lag may tell it later. */
export type EmissionOf<K extends FeedTopic> = { [T in K]: { topic: T; key: string; record: RecordOf[T] } }[K]
export type Emission = EmissionOf<FeedTopic>

export interface FeedSimulation {
  /** Where the feed's clock stands, ms of event time. */
  readonly nowMs: number
  /** Requests asked and not yet answered or given up. */
  readonly waiting: number
  readonly truth: Truth
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

interface Waiting {
  person: Person
  request: RankRequest
}

const MINUTE_MS = 60_000
const HELD_BACK_MAX = 200_000
const WAITING_MAX = 100_000

/**
 * A feed that behaves like one, as a pure function of its seed and of the answers it is given. It starts with a
 * history that nobody ranked (interactions without a request), so that a store has something to know.
 */
export function createFeedSimulation({ seed, config, startMs }: FeedSimulationOptions): FeedSimulation {
  const people = createPeople(seed, config)
  const shelf = createShelf(seed, config)
  const behaviour = createBehaviour(seed, config)
  const arrivals = createRandom(`${seed}/arrivals`)
  const visitors = createRandom(`${seed}/visitors`)
  const truth = createTruth(MINUTE_MS)
  const agenda = createAgenda<Entry>()
  const waiting = new Map<string, Waiting>()
  const injected: { kind: Injection['kind']; atMs: number }[] = []
  const laws: Laws = { turns: 0 }
  const mood: ShelfMood = { flood: false, priceMissing: false }
  const bornMs = Math.floor(startMs - config.historyMinutes * MINUTE_MS)
  let clockMs = bornMs
  let heldUntilMs = -Infinity
  let held: Interaction[] = []
  let askedCount = 0
  let closed = false
  let emissions: Emission[] = []

  for (const injection of config.injections) {
    plan(startMs + injection.atMinutes * MINUTE_MS, { kind: 'injection', injection })
  }
  for (let seat = 0; seat < shelf.seatCount; seat++) plan(bornMs, { kind: 'birth', seat })
  plan(bornMs, { kind: 'visit' })
  for (const person of people.all)
    emit({ topic: 'users', key: person.userId, record: userRecord(person, bornMs) })

  /** Event time is whole milliseconds. */
  function plan(atMs: number, entry: Entry): void {
    agenda.add(Math.ceil(atMs), entry)
  }

  function emit(emission: Emission): void {
    emissions.push(emission)
  }

  function advanceTo(feedMs: number): Emission[] {
    while (agenda.nextAtMs() <= feedMs) {
      const due = agenda.take()!
      clockMs = Math.max(clockMs, due.atMs)
      happen(due.entry)
    }
    clockMs = Math.max(clockMs, Math.floor(feedMs))
    const told = emissions
    emissions = []
    return told
  }

  function happen(entry: Entry): void {
    switch (entry.kind) {
      case 'visit':
        return visit()
      case 'birth': {
        if (closed) return
        const { item, record } = shelf.bear(entry.seat, clockMs, mood)
        emit({ topic: 'items', key: item.itemId, record })
        return plan(item.diesAtMs, { kind: 'birth', seat: entry.seat })
      }
      case 'injection':
        return inject(entry.injection)
      case 'release':
        return release()
      case 'interaction':
        return tell(entry.interaction)
    }
  }

  function visit(): void {
    if (closed) return
    const perMinute = config.requestsPerMinute * (1 + config.rhythm * rhythmAt(clockMs))
    plan(clockMs + arrivals.exponential(MINUTE_MS / perMinute), { kind: 'visit' })
    const person = people.visitor(visitors.next())
    const candidates = shelf.sample(config.candidates, clockMs).map((item) => item.itemId)
    if (candidates.length === 0) return // nothing is on the shelf yet
    const requestId = `r${String(askedCount++)}`
    if (clockMs < startMs) return show(person, requestId, candidates, null)
    if (waiting.size >= WAITING_MAX) givenUp(waiting.keys().next().value!)
    const request: RankRequest = {
      requestId,
      userId: person.userId,
      occurredAtMs: clockMs,
      candidates,
      context: [],
    }
    waiting.set(requestId, { person, request })
    emit({ topic: 'requests', key: person.userId, record: request })
  }

  function answered(requestId: string, itemIds: readonly string[]): boolean {
    const asked = waiting.get(requestId)
    if (asked === undefined) return false
    waiting.delete(requestId)
    show(asked.person, requestId, itemIds, asked.request)
    return true
  }

  function givenUp(requestId: string): boolean {
    const asked = waiting.get(requestId)
    if (asked === undefined) return false
    waiting.delete(requestId)
    show(asked.person, requestId, asked.request.candidates, null)
    return true
  }

  function show(
    person: Person,
    showingId: string,
    itemIds: readonly string[],
    request: RankRequest | null,
  ): void {
    const chance = createRandom(`${seed}/outcome/${showingId}`)
    const shownAtMs = clockMs
    for (const [position, itemId] of itemIds.slice(0, config.shown).entries()) {
      const tellLater = (type: string, afterMs: number) => {
        plan(shownAtMs + afterMs, {
          kind: 'interaction',
          interaction: {
            interactionId: `${showingId}.${String(position)}.${type}`,
            userId: person.userId,
            itemId,
            type,
            occurredAtMs: shownAtMs + afterMs,
            requestId: request?.requestId ?? null,
            position,
            value: null,
          },
        })
      }
      tellLater('view', 0)
      const item = shelf.byId(itemId)
      if (item === undefined) continue
      const { clickProbability, clicked, reactions } = behaviour.react(
        person,
        item,
        position,
        shownAtMs,
        laws,
        chance,
      )
      if (request !== null) truth.add(request.occurredAtMs, clickProbability, clicked)
      for (const { type, afterMs } of reactions) tellLater(type, afterMs)
    }
  }

  function tell(interaction: Interaction): void {
    if (clockMs < heldUntilMs && held.length < HELD_BACK_MAX) held.push(interaction)
    else emit({ topic: 'interactions', key: interaction.userId, record: interaction })
  }

  function release(): void {
    for (const interaction of held)
      emit({ topic: 'interactions', key: interaction.userId, record: interaction })
    held = []
  }

  function inject({ kind, forMinutes }: Injection): void {
    if (closed) return
    injected.push({ kind, atMs: clockMs })
    switch (kind) {
      case 'concept':
        laws.turns++
        return
      case 'data':
        mood.flood = true
        return
      case 'upstream':
        mood.priceMissing = true
        return
      case 'lag':
        heldUntilMs = clockMs + forMinutes * MINUTE_MS
        return plan(heldUntilMs, { kind: 'release' })
    }
  }

  return {
    get nowMs() {
      return clockMs
    },
    get waiting() {
      return waiting.size
    },
    truth,
    injected,
    advanceTo,
    answered,
    givenUp,
    close() {
      closed = true
    },
  }
}
