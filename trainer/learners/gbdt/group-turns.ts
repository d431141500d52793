import type { BuildGroup } from './histograms.ts'

/** The part of a tree whose histogram is due. */
export interface HistogramJob {
  begin: number
  end: number
  slot: number
}

/** Places in the shared numbers. */
const [JOBS, IS_OPEN, NEXT_GROUP, GROUPS_DONE, INSIDE, GROUPS, BEGIN, END, SLOT] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
] as const
const NUMBERS = 9
/** Looks at a number that another thread is about to change, before sleeping costs less: some 20 us. */
const SPINS_MAX = 20_000

/** Groups of columns are taken by whichever thread is free. A thread that has not woken up yet holds nobody back. */
export interface GroupTurns {
  shared: SharedArrayBuffer
  /** Returns when all groups are added up, by this thread or others. */
  share(job: HistogramJob, build: BuildGroup): void
  /** Helpers leave. */
  close(): void
}

export function createGroupTurns(groups: number): GroupTurns {
  const shared = new SharedArrayBuffer(NUMBERS * 4)
  const turns = new Int32Array(shared)
  turns[GROUPS] = groups
  return {
    shared,
    share({ begin, end, slot }, build) {
      // Nobody reads these while the job is not open.
      turns[BEGIN] = begin
      turns[END] = end
      turns[SLOT] = slot
      Atomics.store(turns, NEXT_GROUP, 0)
      Atomics.store(turns, GROUPS_DONE, 0)
      Atomics.store(turns, IS_OPEN, 1)
      Atomics.add(turns, JOBS, 1)
      Atomics.notify(turns, JOBS)
      takeGroups(turns, build)
      Atomics.store(turns, IS_OPEN, 0)
      while (Atomics.load(turns, GROUPS_DONE) < groups || Atomics.load(turns, INSIDE) > 0);
    },
    close() {
      Atomics.store(turns, JOBS, -1)
      Atomics.notify(turns, JOBS)
    },
  }
}

/** What a helping thread does until the turns are closed. */
export function helpWithGroups(shared: SharedArrayBuffer, build: BuildGroup): void {
  const turns = new Int32Array(shared)
  let seen = 0
  for (;;) {
    seen = nextJob(turns, seen)
    if (seen < 0) return
    Atomics.add(turns, INSIDE, 1)
    if (Atomics.load(turns, IS_OPEN) === 1) takeGroups(turns, build)
    Atomics.sub(turns, INSIDE, 1)
  }
}

function nextJob(turns: Int32Array, seen: number): number {
  for (let spin = 0; spin < SPINS_MAX; spin++) {
    const jobs = Atomics.load(turns, JOBS)
    if (jobs !== seen) return jobs
  }
  while (Atomics.load(turns, JOBS) === seen) Atomics.wait(turns, JOBS, seen)
  return Atomics.load(turns, JOBS)
}

function takeGroups(turns: Int32Array, build: BuildGroup): void {
  const groups = turns[GROUPS]!
  for (;;) {
    const group = Atomics.add(turns, NEXT_GROUP, 1)
    if (group >= groups) return
    build(group, turns[BEGIN]!, turns[END]!, turns[SLOT]!)
    Atomics.add(turns, GROUPS_DONE, 1)
  }
}
