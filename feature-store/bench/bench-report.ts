import type { Outcome } from './contest.ts'

/** One run of one contestant. */
export interface Run extends Outcome {
  contestant: string
  /** Entities whose final state is not the oracle's; null when there was nothing to compare. */
  wrong: number | null
}

export interface Spread {
  median: number
  min: number
  max: number
}

export interface Standing {
  contestant: string
  eventsPerSecond: Spread
  cpuSecondsPerMillion: Spread
  rssMiB: Spread
  wrong: number | null
  /** feedloop's rate over this contestant's, round by round. */
  feedloopRatio: Spread
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
      eventsPerSecond: spreadOf(runs.map((run) => run.eventsPerSecond)),
      cpuSecondsPerMillion: spreadOf(runs.map((run) => run.cpuSecondsPerMillion)),
      rssMiB: spreadOf(runs.map((run) => run.rssMiB)),
      wrong: wrong.length === 0 ? null : Math.max(...wrong),
      feedloopRatio: spreadOf(ratios),
    }
  })
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (place: number) => sorted[place] ?? NaN
  return {
    median: (at(Math.floor((sorted.length - 1) / 2)) + at(Math.floor(sorted.length / 2))) / 2,
    min: sorted[0] ?? NaN,
    max: sorted.at(-1) ?? NaN,
  }
}

export function spreadText({ median, min, max }: Spread, digits = 0): string {
  const text = (value: number) => value.toFixed(digits)
  return text(min) === text(max) ? text(median) : `${text(median)} (${text(min)}-${text(max)})`
}
