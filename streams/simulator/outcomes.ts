import type { Interaction, RankRequest } from '#schemas'
import type { createBehaviour, Laws } from './behaviour.ts'
import type { SimulatorConfig } from './config.ts'
import type { Person } from './people.ts'
import { createRandom } from './random.ts'
import type { createShelf } from './shelf.ts'
import type { Truth } from './truth.ts'

export interface Showing {
  person: Person
  /** Of the showing: chance is drawn from it. */
  id: string
  /** Best first; the top of them is shown. */
  itemIds: readonly string[]
  /** null: these are outcomes of no request. */
  request: RankRequest | null
  atMs: number
}

export interface OutcomesParts {
  seed: string
  config: SimulatorConfig
  shelf: Pick<ReturnType<typeof createShelf>, 'byId'>
  behaviour: ReturnType<typeof createBehaviour>
  truth: Truth
  /** As they are at the moment. */
  laws: Laws
}

/** What a person will do about what is shown to them; told when it happens (`occurredAtMs`). */
export function outcomesOf(
  { person, id, itemIds, request, atMs }: Showing,
  parts: OutcomesParts,
): Interaction[] {
  const chance = createRandom(`${parts.seed}/outcome/${id}`)
  const outcomes: Interaction[] = []
  for (const [position, itemId] of itemIds.slice(0, parts.config.shown).entries()) {
    const later = (type: string, afterMs: number) => {
      outcomes.push({
        interactionId: `${id}.${String(position)}.${type}`,
        userId: person.userId,
        itemId,
        type,
        occurredAtMs: atMs + afterMs,
        requestId: request?.requestId ?? null,
        position,
        value: null,
      })
    }
    later('view', 0)
    const item = parts.shelf.byId(itemId)
    if (item === undefined) continue
    const { clickProbability, clicked, reactions } = parts.behaviour.react(
      person,
      item,
      position,
      atMs,
      parts.laws,
      chance,
    )
    if (request !== null) parts.truth.add(request.occurredAtMs, clickProbability, clicked)
    for (const { type, afterMs } of reactions) later(type, afterMs)
  }
  return outcomes
}
