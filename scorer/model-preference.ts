import type { ModelMove } from '#schemas'

/** The last move of a model, and where it stands in the models topic. */
export interface MoveAt {
  move: ModelMove
  offset: number
}

/**
 * The models that may serve, best first: champions, the last one named first; then retired ones, the last one
 * retired first. A retired model goes on until a champion is open, and stands in when none can be opened.
 * The order is the log's own (the topic has one partition), not the writers' clocks.
 */
export function preferredModels(moves: Iterable<MoveAt>): MoveAt[] {
  return [...moves]
    .filter(({ move }) => mayServe(move))
    .sort((a, b) => Number(isRetired(a)) - Number(isRetired(b)) || b.offset - a.offset)
}

export function mayServe({ stage }: ModelMove): boolean {
  return stage === 'champion' || stage === 'retired'
}

function isRetired({ move }: MoveAt): boolean {
  return move.stage === 'retired'
}
