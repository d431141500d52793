import { groupOf, type LoopService, STAGE_NAMES, STAGES } from '#schemas'
import type { AgedLag } from './kafka/kafka-oldest-unread.ts'
import type { RecentLetters } from './kafka/kafka-recent-letters.ts'
import { letterAdvice, lettersText } from './recent-letters.ts'
import { table } from './table.ts'

/** Lag as a table, and below it what nobody reads. */
export function lagText(lags: readonly AgedLag[], prefix: string): string {
  if (lags.length === 0)
    return `no topic of the prefix ${prefix} is there to be read: run \`npx feedloop topics apply\``
  if (lags.every(({ committedOffset, members }) => committedOffset === null && members === 0))
    return `no stage has committed an offset under the prefix ${prefix}, and none is running: run \`npx feedloop run all\``
  const rows = lags.map((lag) => [
    lag.group,
    lag.topic,
    lag.partition,
    lag.committedOffset ?? 'none',
    lag.endOffset,
    lag.lagRecords,
    `${lag.lagSeconds === null ? '?' : lag.lagSeconds.toFixed(1)}${lag.isCut ? ' (retention took older ones)' : ''}`,
    readersText(lag.members),
  ])
  const columns = ['group', 'topic', 'partition', 'committed', 'end', 'lag', 'seconds', 'read by']
  const unread = unreadLines(lags, prefix)
  return [table(columns, rows), ...(unread.length === 0 ? [] : ['', ...unread])].join('\n')
}

function readersText(members: number | null): string {
  if (members === null) return '?'
  return members === 0 ? 'nobody' : `${members} member${members === 1 ? '' : 's'}`
}

/** One line for each group that is not at work, or not at all of it. */
function unreadLines(lags: readonly AgedLag[], prefix: string): string[] {
  const serviceOf = new Map<string, LoopService>(
    STAGE_NAMES.map((stage) => [groupOf(prefix, stage), STAGES[stage].service]),
  )
  return [...new Set(lags.map(({ group }) => group))].flatMap((group) => {
    const own = lags.filter((lag) => lag.group === group)
    const service = serviceOf.get(group)
    if (own[0]!.members === 0) {
      const start = service === undefined ? '' : `: \`npx feedloop run ${service}\` does`
      return [`Nobody reads ${placesText(own)} as ${group}${start}.`]
    }
    const idle = own.filter(({ committedOffset, lagRecords }) => committedOffset === null && lagRecords > 0)
    if (idle.length === 0 || own[0]!.members === null) return []
    return [`${group} has members, and has committed nothing yet for ${placesText(idle)}: is it starting?`]
  })
}

/** @example 'feed.requests.v1[0,1,2,3]' */
function placesText(lags: readonly AgedLag[]): string {
  const topics = [...new Set(lags.map(({ topic }) => topic))]
  return topics
    .map(
      (topic) =>
        `${topic}[${lags
          .filter((lag) => lag.topic === topic)
          .map(({ partition }) => partition)
          .join(',')}]`,
    )
    .join(' and ')
}

/** Below the lag: records that nobody waits for any more. */
export function lettersSummary({ reasons, isCut, hours }: RecentLetters): string {
  if (reasons.length === 0) return `No record was dead-lettered in the last ${hours} hours.`
  const intro = `Dead-lettered in the last ${hours} hours${isCut ? ', of the newest 1,000' : ''}:`
  const lines = reasons.map((one) => `- ${lettersText(one)}\n  ${letterAdvice(one.reason)}`)
  return [intro, ...lines].join('\n')
}
