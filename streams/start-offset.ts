import { OperatorError } from './errors.ts'

/** What is known about a partition when a stage takes it over. All are offsets. */
export interface StartFacts {
  /** What `stage.opened` answered. */
  asked: number | undefined
  committed: number | null
  /** First offset the broker still has. */
  low: number
  /** End of the log. */
  high: number
  startFrom: 'earliest' | 'latest'
}

export type Start =
  | { kind: 'at'; offset: number }
  /** Retention removed records that were never read. */
  | { kind: 'lost'; offset: number; wanted: number }
  /** The log ends before the offset: a follower that is catching up, or a topic that was made anew. */
  | { kind: 'beyond'; offset: number }

/** Where to begin: what the stage asks for, else what the group committed, else `startFrom`. */
export function startOffset({ asked, committed, low, high, startFrom }: StartFacts): Start {
  const offset = asked ?? committed ?? (startFrom === 'earliest' ? low : high)
  if (offset > high) return { kind: 'beyond', offset }
  if (offset < low) return { kind: 'lost', offset: low, wanted: offset }
  return { kind: 'at', offset }
}

export function offsetBeyondEnd(
  stage: string,
  topic: string,
  partition: number,
  offset: number,
  high: number,
): OperatorError {
  const message =
    `Stage ${stage} wants to go on at offset ${offset} of ${topic}[${partition}], which ends at ${high}: the topic was made ` +
    'anew while the state that belongs to the old one was kept. Erase that state (Redis namespace, consumer group) or use another prefix.'
  return new OperatorError('offset_beyond_end', message)
}
