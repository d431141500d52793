import type { Outcome } from './contest.ts'

/** One run of one contestant. */
export interface Run extends Outcome {
  contestant: string
  /** Entities whose final state is not the oracle's; null when there was nothing to compare. */
  wrong: number | null
}

/** All rounds of one contestant. */
export interface Standing {
  contestant: string
  eventsPerSecond: number[]
  cpuSecondsPerMillion: number[]
  rssMiB: number[]
  wrong: number | null
  /** feedloop's rate over this contestant's, round by round. */
  feedloopRatio: number[]
}

/** Rounds are compared with themselves: what else a shared machine did then, it did to all of that round. */
export function standingsOf(rounds: readonly (readonly Run[])[]): Standing[] {
  const names = rounds[0]?.map(({ contestant }) => contestant) ?? []
  return names.map((contestant) => {
    const runs = rounds.map((round) => round.find((run) => run.contestant === contestant)!)
    const ratios = rounds.map((round, n) => {
      const feedloop = round.find((run) => run.contestant === 'feedloop')
      return feedloop === undefined ? NaN : feedloop.eventsPerSecond / runs[n]!.eventsPerSecond
    })
    const wrong = runs.map((run) => run.wrong).filter((count) => count !== null)
    return {
      contestant,
      eventsPerSecond: runs.map((run) => run.eventsPerSecond),
      cpuSecondsPerMillion: runs.map((run) => run.cpuSecondsPerMillion),
      rssMiB: runs.map((run) => run.rssMiB),
      wrong: wrong.length === 0 ? null : Math.max(...wrong),
      feedloopRatio: ratios,
    }
  })
}

/** One contestant in one round, on both stacks. */
export interface BothRuns {
  plain: Run
  secure: Run
}

/** All rounds of one contestant on both stacks. */
export interface SecurePrice {
  contestant: string
  plain: Standing
  secure: Standing
  /** The secure stack's over the plain one's, round by round. */
  rateRatio: number[]
  cpuRatio: number[]
}

export function securePrices(rounds: readonly (readonly BothRuns[])[]): SecurePrice[] {
  const plain = standingsOf(rounds.map((runs) => runs.map((run) => run.plain)))
  const secure = standingsOf(rounds.map((runs) => runs.map((run) => run.secure)))
  return plain.map((one, at) => {
    const other = secure[at]!
    const ratio = (of: 'eventsPerSecond' | 'cpuSecondsPerMillion') =>
      other[of].map((value, round) => value / one[of][round]!)
    const { contestant } = one
    return {
      contestant,
      plain: one,
      secure: other,
      rateRatio: ratio('eventsPerSecond'),
      cpuRatio: ratio('cpuSecondsPerMillion'),
    }
  })
}
