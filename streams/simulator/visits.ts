import type { Interaction, RankRequest } from '#schemas'
import { rhythmAt } from './behaviour.ts'
import type { SimulatorConfig } from './config.ts'
import { outcomesOf, type OutcomesParts, type Showing } from './outcomes.ts'
import type { People, Person } from './people.ts'
import { createRandom } from './random.ts'
import type { Shelf } from './shelf.ts'
import type { Telling } from './telling.ts'
import { createWaitingRequests, type WaitingRequests } from './waiting-requests.ts'

export interface VisitsParts extends Omit<OutcomesParts, 'shelf'> {
  config: SimulatorConfig
  /** People ask for rankings from here on. */
  startMs: number
  people: Pick<People, 'visitor'>
  shelf: Shelf
  telling: Pick<Telling, 'emit'>
  /** Event time now. */
  nowMs(): number
  /** It will be told when it happens. */
  tellLater(interaction: Interaction): void
}

/** People who open the feed: what they ask, what they are shown, what they will do about it. */
export interface Visits {
  readonly waiting: Pick<WaitingRequests, 'size'>
  /** Somebody comes now. */
  visit(): void
  /** How long until the next one comes, ms. */
  untilNextMs(): number
  answered(requestId: string, itemIds: readonly string[]): boolean
  givenUp(requestId: string): boolean
}

const MINUTE_MS = 60_000

export function createVisits(parts: VisitsParts): Visits {
  const { seed, config, startMs, people, shelf, telling, nowMs } = parts
  const arrivals = createRandom(`${seed}/arrivals`)
  const visitors = createRandom(`${seed}/visitors`)
  const waiting = createWaitingRequests()
  let askedCount = 0

  function show(showing: Omit<Showing, 'atMs'>): void {
    for (const outcome of outcomesOf({ ...showing, atMs: nowMs() }, parts)) parts.tellLater(outcome)
  }

  function visit(): void {
    const person: Person = people.visitor(visitors.next())
    const candidates = shelf.sample(config.candidates, nowMs()).map((item) => item.itemId)
    if (candidates.length === 0) return // nothing is on the shelf yet
    const requestId = `r${String(askedCount++)}`
    if (nowMs() < startMs) return show({ person, id: requestId, itemIds: candidates, request: null })
    const tooOld = waiting.tooOld()
    if (tooOld !== null) givenUp(tooOld)
    const { userId } = person
    const request: RankRequest = { requestId, userId, occurredAtMs: nowMs(), candidates, context: [] }
    waiting.add({ person, request })
    telling.emit({ topic: 'requests', key: userId, record: request })
  }

  function answered(requestId: string, itemIds: readonly string[]): boolean {
    const asked = waiting.take(requestId)
    if (asked === undefined) return false
    show({ person: asked.person, id: requestId, itemIds, request: asked.request })
    return true
  }

  function givenUp(requestId: string): boolean {
    const asked = waiting.take(requestId)
    if (asked === undefined) return false
    show({ person: asked.person, id: requestId, itemIds: asked.request.candidates, request: null })
    return true
  }

  return {
    waiting,
    visit,
    untilNextMs() {
      const perMinute = config.requestsPerMinute * (1 + config.rhythm * rhythmAt(nowMs()))
      return arrivals.exponential(MINUTE_MS / perMinute)
    },
    answered,
    givenUp,
  }
}
