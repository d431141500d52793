import { interactionOf, type Workload } from './numbered-traffic.ts'
import type { Damage } from './scenario.ts'

/** Holds counts per user, as a naive counter keeps them, against the interactions that were acknowledged. */
export function judgeCounts(
  workload: Workload,
  acknowledged: Iterable<number>,
  found: Readonly<Record<string, number | string>>,
): Damage {
  const right = new Map<string, number>()
  let expected = 0
  for (const n of acknowledged) {
    const { userId } = interactionOf(workload, n)
    right.set(userId, (right.get(userId) ?? 0) + 1)
    expected += 1
  }
  const damage = { expected, lost: 0, duplicated: 0, reordered: 0, wrong: 0 }
  for (const userId of new Set([...right.keys(), ...Object.keys(found)])) {
    const surplus = Number(found[userId] ?? 0) - (right.get(userId) ?? 0)
    damage.lost += Math.max(0, -surplus)
    damage.duplicated += Math.max(0, surplus)
    if (surplus !== 0) damage.wrong += 1
  }
  return damage
}
