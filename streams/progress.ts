/** One piece of work and since when it has been at hand. Wall clock. */
export interface WorkAtHand {
  topic: string
  partition: number
  sinceMs: number
}

/** What is known of a group member at one moment. */
export interface ProgressFacts {
  nowMs: number
  /** Pieces of batches that the stage has. */
  atHand: readonly WorkAtHand[]
  /** Since when the stage has been opening its partitions; null: it is not. */
  openingSinceMs: number | null
  /** When the last fetch was answered, by broker; a broker that was never asked counts from the join. */
  fetchedAtMs(brokerId: number): number
  /** Partitions with records that were not read, and the broker that leads them. */
  waiting: readonly { topic: string; partition: number; leader: number }[]
}

export type ProgressVerdict =
  | { kind: 'moves' }
  /** The stage has something that it does not finish; nothing can take it away from it. */
  | { kind: 'stuck'; what: string; seconds: number }
  /** Records wait, the broker answers others, and the consumer does not fetch them. */
  | { kind: 'silent'; what: string; seconds: number }

/** Whether a member moves. A member that has nothing to do moves. */
export function judgeProgress(facts: ProgressFacts, secondsMax: number): ProgressVerdict {
  const { nowMs, atHand, openingSinceMs, waiting, fetchedAtMs } = facts
  const late = (sinceMs: number) => nowMs - sinceMs >= secondsMax * 1_000
  const secondsSince = (sinceMs: number) => Math.round((nowMs - sinceMs) / 1_000)
  const stuck = atHand.find(({ sinceMs }) => late(sinceMs))
  if (stuck !== undefined) {
    const what = `a batch of ${stuck.topic}[${stuck.partition}]`
    return { kind: 'stuck', what, seconds: secondsSince(stuck.sinceMs) }
  }
  if (openingSinceMs !== null)
    return late(openingSinceMs)
      ? { kind: 'stuck', what: 'the opening of its partitions', seconds: secondsSince(openingSinceMs) }
      : { kind: 'moves' }
  // kafkajs fetches nothing from anybody while a batch is at hand.
  if (atHand.length > 0) return { kind: 'moves' }
  const silent = waiting.find(({ leader }) => late(fetchedAtMs(leader)))
  if (silent === undefined) return { kind: 'moves' }
  const what = `fetching ${silent.topic}[${silent.partition}]`
  return { kind: 'silent', what, seconds: secondsSince(fetchedAtMs(silent.leader)) }
}
