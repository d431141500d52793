import type { Damage } from './scenario.ts'

/** What a log says of numbered records, each on its own: which are there, how often, in which order per partition. */
export interface LoggedNumbers {
  see(partition: number, number: number): void
  judge(acknowledged: Iterable<number>): Damage
}

/** Numbers of one partition were written in rising order: a record that comes after a higher one is out of order. */
export function createLoggedNumbers(): LoggedNumbers {
  const times = new Map<number, number>()
  const highest = new Map<number, number>()
  let reordered = 0
  return {
    see(partition, number) {
      const before = times.get(number) ?? 0
      times.set(number, before + 1)
      if (before > 0) return
      const high = highest.get(partition) ?? -1
      if (number < high) reordered += 1
      else highest.set(partition, number)
    },
    judge(acknowledged) {
      let expected = 0
      let lost = 0
      for (const number of acknowledged) {
        expected += 1
        if (!times.has(number)) lost += 1
      }
      const duplicated = [...times.values()].reduce((sum, count) => sum + count - 1, 0)
      return { expected, lost, duplicated, reordered, wrong: 0 }
    },
  }
}
