/** What MLflow and the loop say of the champion. Versions are MLflow's, models the loop's. */
export interface ChampionFacts {
  /** The version with the alias champion, and the model that it is. */
  alias?: { version: string; modelId: string | undefined } | undefined
  /** The version that had the alias when the loop last agreed to it. */
  agreedVersion?: string | undefined
  /** What serves in the loop. */
  liveModelId?: string | undefined
}

export type AliasDecision =
  /** Both mean the same, and both know. */
  | { kind: 'settled' }
  /** Both mean the same: the loop notes that it agrees. */
  | { kind: 'agree'; version: string }
  /** The loop has moved on: the alias follows. */
  | { kind: 'follow'; modelId: string }
  /** Somebody moved the alias: the gate of the loop is asked. */
  | { kind: 'ask'; version: string; modelId: string | undefined }

/**
 * Who moved: the alias is where the loop last agreed, or somebody moved it since. The note of that is kept in MLflow, so
 * that a trainer which starts anew, elsewhere, decides alike.
 */
export function decideAlias({ alias, agreedVersion, liveModelId }: ChampionFacts): AliasDecision {
  if (alias === undefined)
    return liveModelId === undefined ? { kind: 'settled' } : { kind: 'follow', modelId: liveModelId }
  if (alias.modelId !== undefined && alias.modelId === liveModelId)
    return alias.version === agreedVersion ? { kind: 'settled' } : { kind: 'agree', version: alias.version }
  if (alias.version !== agreedVersion) return { kind: 'ask', version: alias.version, modelId: alias.modelId }
  return liveModelId === undefined ? { kind: 'settled' } : { kind: 'follow', modelId: liveModelId }
}
