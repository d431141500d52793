import { OperatorError } from '#streams'
import type { KeptNamespace } from '../serving.ts'
import type { ReplayProgress } from './progress.ts'
import type { Replays } from './redis-replays.ts'
import { namespaceGlob, REPLAY_TOPICS, type ReplayJob } from './replay-job.ts'

export interface Switched {
  from: string
  to: string
  keepUntilMs: number | null
}

/**
 * Whether readers may move to a replay's states now.
 *
 * @param lagMax offsets that it may be behind
 * @throws OperatorError `replay_not_ready` with what is missing
 */
export function refuseUnready(job: ReplayJob, progress: ReplayProgress, lagMax: number): void {
  const why = whyUnready(job, progress, lagMax)
  if (why !== null) throw new OperatorError('replay_not_ready', `Nothing was switched: ${why}`)
}

function whyUnready(
  job: ReplayJob,
  { isBroken, isCaughtUp, left }: ReplayProgress,
  lagMax: number,
): string | null {
  const { name, kind } = job
  if (job.state === 'switched') return `${name} is what is served already.`
  if (job.state === 'cancelled') return `${name} was cancelled.`
  if (!job.follows)
    return `${name} ends at ${job.to}. Only a replay \`--to now\` has what came since, and can be gone on with.`
  const missing = REPLAY_TOPICS.filter((topic) => !job.topics.some((found) => found.topic === topic))
  if (kind === 'copy' && missing.length > 0)
    return `${name} has no states of ${missing.join(', ')} (--topics).`
  if (isBroken) return `Redis has lost states of ${name}.`
  if (isCaughtUp || left <= lagMax) return null
  return `${name} is ${String(left)} records behind (--lag-max ${String(lagMax)}): see \`feedloop replay status ${name}\`.`
}

/** Readers of these states move to the replay's namespace, and the features service goes on with it. */
export async function switchTo(
  replays: Replays,
  job: ReplayJob,
  { prefix, atMs, keepMs }: { prefix: string; atMs: number; keepMs: number },
): Promise<Switched> {
  let from = prefix
  await replays.changeServing(job.statesId, (serving) => {
    from = serving?.namespace ?? prefix
    if (from === job.namespace) return { namespace: from, sinceMs: atMs, kept: serving?.kept ?? [] }
    const others = (serving?.kept ?? []).filter(({ namespace }) => namespace !== job.namespace)
    return {
      namespace: job.namespace,
      sinceMs: atMs,
      kept: [...others, { namespace: from, keepUntilMs: atMs + keepMs }],
    }
  })
  await replays.change(job.name, (asked) => ({
    ...asked,
    state: job.kind === 'copy' ? 'switched' : asked.state,
  }))
  return { from, to: job.namespace, keepUntilMs: from === job.namespace ? null : atMs + keepMs }
}

/**
 * Readers move back to where they were before. The replay's states stay, and it can be resumed.
 *
 * @throws OperatorError `replay_nothing_kept`
 */
export async function switchBack(replays: Replays, statesId: string, atMs: number): Promise<Switched> {
  let told: Switched | null = null
  await replays.changeServing(statesId, (serving) => {
    const last = serving?.kept.findLast(({ isRemoving }) => isRemoving !== true)
    if (serving === null || last === undefined)
      throw new OperatorError(
        'replay_nothing_kept',
        'There is nothing to go back to: these features were never switched, or what was served before is removed by now.',
      )
    told = { from: serving.namespace, to: last.namespace, keepUntilMs: null }
    return { namespace: last.namespace, sinceMs: atMs, kept: serving.kept.filter((kept) => kept !== last) }
  })
  const { from } = told!
  for (const job of await replays.list())
    if (job.namespace === from && job.state === 'switched')
      await replays.change(job.name, (asked) => ({ ...asked, state: 'paused' }))
  return told!
}

/** Removes the namespaces of these states whose time is over, except those that other sets are kept in. */
export async function removeKept(
  replays: Replays,
  statesId: string,
  atMs: number,
): Promise<{ namespace: string; keys: number }[]> {
  const removed: { namespace: string; keys: number }[] = []
  for (const { namespace, keepUntilMs } of (await replays.serving(statesId))?.kept ?? []) {
    if (keepUntilMs > atMs || (await isInUse(replays, namespace))) continue
    // First there is no way back, then the keys go: whoever dies in between leaves the rest to the next one.
    await changeKept(replays, statesId, namespace, (kept) => ({ ...kept, isRemoving: true }))
    removed.push({ namespace, keys: await replays.remove(namespaceGlob(namespace)) })
    await changeKept(replays, statesId, namespace, () => null)
    for (const { kind, name, namespace: own } of await replays.list())
      if (kind === 'copy' && own === namespace) await replays.change(name, () => null)
  }
  return removed
}

const changeKept = (
  replays: Replays,
  statesId: string,
  namespace: string,
  change: (kept: KeptNamespace) => KeptNamespace | null,
) =>
  replays.changeServing(statesId, (serving) => {
    if (serving === null || serving.namespace === namespace) return serving
    const kept = serving.kept.flatMap((one) => (one.namespace === namespace ? (change(one) ?? []) : [one]))
    return { ...serving, kept }
  })

/** Another set is kept there, or is being filled. */
async function isInUse(replays: Replays, namespace: string): Promise<boolean> {
  const [owned, jobs] = [await replays.ownedSets(), await replays.list()]
  return (
    owned.some((set) => set.namespace === namespace) ||
    jobs.some((job) => job.kind !== 'copy' && job.namespace === namespace && job.state !== 'switched')
  )
}
