import { groupOf, type LoopService, STAGE_NAMES, type StageName, STAGES } from '#schemas'
import { type Finding, ok, unknown, warning } from './finding.ts'

export interface GroupFacts {
  group: string
  /** null: not told. */
  members: number | null
  /** Of a topic: so many members can share the work. */
  partitions: number
  /** false: it has committed nothing so far. */
  hasCommitted: boolean
  lagRecords: number
  lagSeconds: number | null
}

/** The joiner commits the oldest record that it still needs: it is one horizon behind, and stays so when traffic stops. */
const HOLDS_BY_DESIGN = 'it keeps what waits for its labels, one horizon and longer while nothing new comes'

/** Behind by this much, features are stale for the people who use the feed. */
const LAG_SECONDS_WARNED = 60

/** Who works, how far behind, and what to start. `groups`: those of the loop, running or not, and others of the prefix. */
export function judgeGroups(groups: readonly GroupFacts[], prefix: string): Finding[] {
  const stageOf = new Map<string, StageName>(STAGE_NAMES.map((stage) => [groupOf(prefix, stage), stage]))
  const own = groups.filter(({ group }) => stageOf.has(group))
  const others = groups.filter(({ group }) => !stageOf.has(group))
  return [...judgeStages(own, (group) => stageOf.get(group)!), ...others.map(judgeOther)]
}

function judgeStages(own: readonly GroupFacts[], stageOf: (group: string) => StageName): Finding[] {
  if (own.length === 0)
    return [warning('stages', 'there is no topic for them to read', 'Run `npx feedloop topics apply`.')]
  if (own.every(({ members }) => members === 0)) return [judgeNoneRunning(own)]
  const stopped = servicesStopped(own, stageOf)
  return own.map((facts) => {
    const stage = stageOf(facts.group)
    const { service } = STAGES[stage]
    const check = `stage ${facts.group}`
    const lag = lagText(facts)
    const { members, partitions, lagSeconds } = facts
    if (members === null) return unknown(check, `who is in the group is not told; ${lag}`)
    if (members === 0)
      return stopped.has(service)
        ? warning(check, `nobody is in the group; ${lag}`, `Start it: \`npx feedloop run ${service}\`.`)
        : warning(
            check,
            `nobody is in the group; ${lag}`,
            `Other stages of its service are there, so it is starting or has failed: look at the log of \`run ${service}\`.`,
          )
    const found = `${members} member(s), ${lag}`
    if (stage === 'joiner') return ok(check, `${found}: ${HOLDS_BY_DESIGN}`)
    if ((lagSeconds ?? 0) <= LAG_SECONDS_WARNED) return ok(check, found)
    return warning(check, found, moreAdvice(service, members, partitions))
  })
}

function judgeNoneRunning(own: readonly GroupFacts[]): Finding {
  const isNew = own.every(({ hasCommitted }) => !hasCommitted)
  const behind = own.filter(({ lagRecords }) => lagRecords > 0)
  const waits = behind.map((facts) => `${facts.group} is ${lagText(facts)}`).join(', ')
  return warning(
    'stages',
    `none is running${isNew ? ', and none has committed an offset yet' : ''}; ${waits || 'nothing waits for them'}`,
    'Run `npx feedloop run all`, or each service by itself: `npx feedloop run features|scorer|trainer`.',
  )
}

/** Services of which no stage has a member. */
function servicesStopped(
  own: readonly GroupFacts[],
  stageOf: (group: string) => StageName,
): Set<LoopService> {
  const services = new Set(own.map(({ group }) => STAGES[stageOf(group)].service))
  for (const { group, members } of own) if (members !== 0) services.delete(STAGES[stageOf(group)].service)
  return services
}

function moreAdvice(service: LoopService, members: number, partitions: number): string {
  return members < partitions
    ? `It is late: start another \`npx feedloop run ${service}\` (up to ${partitions} share the work), and see \`npx feedloop lag --watch\`.`
    : 'It is late, with a process for each partition: streams/OPERATIONS.md, What holds it back, says where to look.'
}

/** A group of somebody else below the prefix. */
function judgeOther({ group, members, ...facts }: GroupFacts): Finding {
  const check = `group ${group}`
  const lag = lagText(facts)
  if (members === null) return unknown(check, `who is in it is not told; ${lag}`)
  if (members > 0) return ok(check, `${members} member(s), ${lag}`)
  return warning(
    check,
    `nobody is in the group; ${lag}`,
    'It is none of the loop: start what reads in it, or delete it (kafka-consumer-groups --delete --group ...).',
  )
}

const lagText = ({ lagRecords, lagSeconds }: Pick<GroupFacts, 'lagRecords' | 'lagSeconds'>) =>
  `${lagRecords} record${lagRecords === 1 ? '' : 's'}${lagSeconds === null ? '' : `, ${Math.round(lagSeconds)} s`} behind`
