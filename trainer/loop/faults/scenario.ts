import type { Addresses } from '#streams'
import type { FeedServices } from '../testing/feed-services.ts'
import type { LabStack, StackKind } from './lab-stack.ts'

/** What a run came to against the reference: all zero but `expected` when nothing was harmed. */
export interface Damage {
  /** Interactions (or requests) that were acknowledged to whoever produced them. */
  expected: number
  /** Acknowledged, but not in the final state (or without a prediction). */
  lost: number
  /** Counted more than once in the final state (or answered under more than one prediction id). */
  duplicated: number
  /** Records that came after a later one of the same key and source. */
  reordered: number
  /** Entities whose final features are not those of the reference. */
  wrong: number
}

/** One run under a fault. */
export interface Finding extends Damage {
  /** From the end of the fault until the loop had caught up; null when the scenario has no such moment. */
  recoverySeconds: number | null
  /** What else was counted: kills, rebalances, pauses, MiB. */
  counts: Readonly<Record<string, number>>
}

export interface FaultReport {
  /** feedloop under the fault. */
  measured: Finding
  /** The same fault on something that is known to break; it must show damage, or the scenario saw nothing. */
  control: Finding & { what: string }
  /** What must hold besides zero damage, in words: "memory stayed under 512 MiB". */
  checks: readonly { what: string; holds: boolean }[]
}

/** `short` runs in `npm test` (tens of seconds at most), `long` by name. */
export type ScenarioSize = 'short' | 'long'

/** One way in which things break. Its name is what `npm run test:faults -- NAME` takes. */
export interface Scenario {
  readonly name: string
  /** One line: what is done to whom. */
  readonly title: string
  /** Where it can run; left out: on the plain stack alone. */
  readonly on?: readonly StackKind[]
  /** Why it cannot run here (no network namespaces, not root, ...); null when it can. */
  unavailable?(): Promise<string | null>
  run(lab: Lab, size: ScenarioSize): Promise<FaultReport>
}

/** What every scenario gets: services it must not harm, and a log line for who watches. */
export interface Lab {
  /** Shared by all scenarios of a run: never kill, empty or slow these down; start your own instead. */
  readonly addresses: Addresses
  /** The same, for each of a feed's users. */
  readonly services: FeedServices
  /** Where services of a scenario's own come from. */
  readonly stack: LabStack
  readonly seed: number
  say(line: string): void
  /** Called in reverse order when the scenario is over, however it ends. */
  cleanup(close: () => Promise<unknown>): void
}

export const harmless = ({ lost, duplicated, reordered, wrong }: Damage): boolean =>
  lost === 0 && duplicated === 0 && reordered === 0 && wrong === 0

/** Why a report is not good enough; empty when it is. */
export function faultsOf({ measured, control, checks }: FaultReport): string[] {
  const { lost, duplicated, reordered, wrong } = measured
  const broken = checks.filter(({ holds }) => !holds).map(({ what }) => `does not hold: ${what}`)
  if (!harmless(measured))
    broken.push(`lost ${lost}, duplicated ${duplicated}, reordered ${reordered}, wrong ${wrong}`)
  if (measured.expected === 0) broken.push('nothing was expected: the scenario proved nothing')
  if (harmless(control)) broken.push(`the control (${control.what}) showed no damage: the scenario is blind`)
  return broken
}
