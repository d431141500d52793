import type { ErrorPolicy } from '#schemas'

/** Every error of this part has a stable code and a policy; `cause` is what was underneath. */
export class FeatureStoreError extends Error {
  readonly code: string
  readonly policy: ErrorPolicy
  constructor(code: string, policy: ErrorPolicy, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.policy = policy
  }
}

/** The configuration is wrong; `mistakes` names every place at once. */
export class FeatureConfigError extends FeatureStoreError {
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? 'a mistake' : `${String(mistakes.length)} mistakes`
    super('feature_config', 'operator', `The feature configuration has ${count}:\n  ${mistakes.join('\n  ')}`)
    this.mistakes = mistakes
  }
}

/** Nobody listens where Redis should be. */
export class StoreUnreachableError extends FeatureStoreError {
  constructor(address: string, cause: unknown) {
    super(
      'store_unreachable',
      'operator',
      `No Redis answers at ${address} (${messageOf(cause)}). Start one with \`npx feedloop stack up\`, or set FEEDLOOP_REDIS_URL.`,
      { cause },
    )
  }
}

/** Redis may throw states away when memory is short: every promise of this part would be void. */
export class StoreEvictsError extends FeatureStoreError {
  constructor(address: string, policy: string) {
    super(
      'store_evicts',
      'operator',
      `Redis at ${address} evicts keys (maxmemory-policy ${policy}), so it would lose feature state. Set it to noeviction.`,
    )
  }
}

/** Redis did not answer in time, or refused; the same call may succeed later. */
export class StoreUnavailableError extends FeatureStoreError {
  constructor(operation: string, cause: unknown, advice = 'Is Redis running and reachable?') {
    const said = `The feature store could not ${operation}: ${messageOf(cause)}. ${advice}`
    super('store_unavailable', 'transient', said, { cause })
  }
}

/** The user that Redis knows us as lacks a right. */
export class StoreForbiddenError extends FeatureStoreError {
  constructor(operation: string, why: string, cause: unknown) {
    super('store_forbidden', 'operator', `The feature store may not ${operation}: ${why}`, { cause })
  }
}

/** A store in memory may not hold more. */
export class StoreFullError extends FeatureStoreError {
  constructor(bound: 'entitiesMax' | 'bytesMax', max: number) {
    super(
      'store_full',
      'operator',
      `The feature store in memory is full: raise bounds.${bound} (${String(max)}), or use Redis.`,
    )
  }
}

/** Another process owns the partition now. This stage must stop; a restart joins the group again. */
export class FencedError extends FeatureStoreError {
  constructor(tag: string, epoch: number) {
    super(
      'fenced',
      'transient',
      `Another owner took ${tag} over; epoch ${String(epoch)} may not write any more.`,
    )
  }
}

/** A batch came for a partition that was never opened, or not for its topic. */
export class PartitionNotOwnedError extends FeatureStoreError {
  constructor(stage: string, partition: number) {
    super(
      'partition_not_owned',
      'bug',
      `Stage ${stage} got a batch of partition ${String(partition)} without owning it.`,
    )
  }
}

/** A stored blob or fence does not read as FORMAT.md says. */
export class BlobCorruptError extends FeatureStoreError {
  constructor(what: string) {
    super('blob_corrupt', 'bug', `A value in the feature store does not read as FORMAT.md says: ${what}.`)
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
