import { type Finding, ok, warning } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'

/** Users or items of one partition. */
export interface CountedEntities {
  entities: number
  /** Event time before which all are over, -1 none. */
  horizonMs: number
}

/** Of `entitiesMax`: beyond it somebody will soon have to make room. */
const FULL_SHARE = 0.9

/** How many users, or items, there are, and whether some have to make room. @param counted null: nobody counts them yet */
export function judgeEntities(
  what: 'users' | 'items',
  counted: readonly (CountedEntities | null)[],
  { limits: { entitiesMax } }: Pick<FeatureStoreConfig, 'limits'>,
): Finding {
  const check = `${what} kept`
  const known = counted.filter((one) => one !== null)
  const entities = known.reduce((sum, one) => sum + one.entities, 0)
  const most = Math.max(0, ...known.map((one) => one.entities))
  const found = `${text(entities)} in ${String(counted.length)} partitions, at most ${text(most)} of ${text(entitiesMax)} in one`
  if (most < entitiesMax * FULL_SHARE) return ok(check, found)
  const horizonMs = Math.max(...known.map((one) => one.horizonMs))
  const over =
    horizonMs < 0
      ? 'soon those least recently active make room'
      : `those not heard of since ${new Date(horizonMs).toISOString()} had to make room and start as new`
  return warning(
    check,
    `${found}: ${over}`,
    'If they are people, raise features.limits.entitiesMax and give Redis about 350 bytes for each; if they are not, find out who makes up ids.',
  )
}

/** What is forgotten by itself, and when. */
export function judgeExpiry({ expiry }: Pick<FeatureStoreConfig, 'expiry'>): Finding {
  const { inactiveDays, sweepHours } = expiry
  if (inactiveDays === 0)
    return ok(
      'expiry',
      'off (features.expiry.inactiveDays: 0): users and items are bounded by features.limits.entitiesMax alone',
    )
  return ok(
    'expiry',
    `users and items start as new ${String(inactiveDays)} days after they were last heard of; a features service looks for them every ${String(sweepHours)} h`,
  )
}

const text = (count: number) => count.toLocaleString('en-US')
