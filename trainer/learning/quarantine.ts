import { type ArrivalChange, createLabelArrival } from '../drift/label-arrival.ts'
import type { TrainingExample } from './training-example.ts'

/** Lets examples through while labels arrive; holds them while it is doubtful, and drops them when they do not. */
export interface Quarantine {
  /** In order. What is neither admitted nor dropped is held until more is known. */
  take(example: TrainingExample): Admission
  /** Labels of which a source is silent now. */
  labelsOut(): readonly string[]
  /** The sources that are silent now. */
  silent(): readonly ArrivalChange[]
}

export interface Admission {
  admitted: readonly TrainingExample[]
  /** Of a time in which labels did not arrive: nothing is to be learned from them. */
  dropped: number
  changes: readonly ArrivalChange[]
}

/** @param heldMax examples; more are dropped, as those of a silence */
export function createQuarantine({ objective, heldMax }: { objective: string; heldMax: number }): Quarantine {
  const arrival = createLabelArrival()
  const labels = new Set<string>()
  let held: TrainingExample[] = []

  function takeHeld(): TrainingExample[] {
    const taken = held
    held = []
    return taken
  }

  return {
    take(example) {
      for (const { label } of example.positives) labels.add(label)
      const { positives, maturedAtMs: atMs } = example
      const changes = arrival.observe({ positives, atMs })
      // Marked by whoever wrote it.
      if (example.isOut) return { admitted: [], dropped: 1, changes }
      held.push(example)
      if (arrival.isOut(objective)) return { admitted: [], dropped: takeHeld().length, changes }
      if (!arrival.isDoubtful(objective)) return { admitted: takeHeld(), dropped: 0, changes }
      return { admitted: [], dropped: held.length > heldMax ? takeHeld().length : 0, changes }
    },
    silent: arrival.silent,
    labelsOut: () => [...labels].filter((label) => arrival.isOut(label)),
  }
}
