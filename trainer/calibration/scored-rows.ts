/** Scores as the model file answers them, and what came of each, in the order of time. */
export interface ScoredRows {
  /** Log-odds. */
  readonly logOdds: Float64Array
  /** 0 or 1. */
  readonly labels: Uint8Array
}

/** Rows `from` to `to`, in place. */
export function stretchOf({ logOdds, labels }: ScoredRows, from: number, to?: number): ScoredRows {
  return { logOdds: logOdds.subarray(from, to), labels: labels.subarray(from, to) }
}

export function positivesOf({ labels }: ScoredRows): number {
  return labels.reduce((sum, label) => sum + label, 0)
}
