import { failed, type Finding, ok, warning } from './finding.ts'

/** The clock of Redis less ours. */
export interface ClockFacts {
  aheadMs: number
  /** Half of the time that asking took. */
  uncertainMs: number
}

/** More than this shows in freshness and lag, which compare clocks. */
export const CLOCK_MS_WARNED = 1_000
const USE_A_TIME_SERVICE = 'Run a time service (chrony, ntpd) on all machines.'

export function judgeClock({ aheadMs, uncertainMs }: ClockFacts, futureSkewSecondsMax: number): Finding {
  const check = 'clock of redis'
  const beyondMs = Math.abs(aheadMs) - uncertainMs
  const found = `${Math.abs(Math.round(aheadMs))} ms ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine (± ${Math.ceil(uncertainMs)} ms)`
  const action = USE_A_TIME_SERVICE
  if (beyondMs > futureSkewSecondsMax * 1_000)
    return failed(check, `${found}: more than limits.futureSkewSecondsMax, event times are changed`, action)
  if (beyondMs > CLOCK_MS_WARNED)
    return warning(check, `${found}: freshness and lag in seconds are off by it`, action)
  return ok(check, found)
}

export interface StampFacts {
  topic: string
  /** Who stamps its records: the broker (LogAppendTime), or whoever writes them (CreateTime). */
  by: 'the broker' | 'its producer'
  /** The newest records are stamped at least this far ahead of this machine's clock; 0 when none is. */
  aheadMs: number
  /** How long before its producer made it the broker stamped the newest record; 0: not before, or brokers do not stamp. */
  behindMs: number
}

/** The clocks of brokers and producers, as far as the times on records show them. */
export function judgeStamps(stamps: readonly StampFacts[], futureSkewSecondsMax: number): Finding[] {
  const check = 'clocks of brokers and producers'
  const judged = (offMs: number, found: string): Finding[] => {
    if (offMs < CLOCK_MS_WARNED) return []
    const isFailed = offMs >= futureSkewSecondsMax * 1_000
    return [isFailed ? failed(check, found, USE_A_TIME_SERVICE) : warning(check, found, USE_A_TIME_SERVICE)]
  }
  const findings = stamps.flatMap(({ topic, by, aheadMs, behindMs }) => [
    ...judged(
      aheadMs,
      `${topic} holds a record that ${by} stamped more than ${String(aheadMs / 1_000)} s ahead of this machine: lag in seconds is off, and retention keeps it longer`,
    ),
    ...judged(
      behindMs,
      `the newest record of ${topic} is stamped by its broker ${(behindMs / 1_000).toFixed(1)} s before its producer made it: lag in seconds is off, and retention takes it too early if it is the broker that is behind`,
    ),
  ])
  return findings.length > 0
    ? findings
    : [ok(check, 'no record is stamped ahead of this machine, or too early')]
}

export interface SubjectFacts {
  subject: string
  /** null: the subject has none of its own. */
  compatibility: string | null
  isRegistered: boolean
}

export function judgeSubjects(subjects: readonly SubjectFacts[], url: string): Finding[] {
  const check = 'schema compatibility'
  const unregistered = subjects.filter(({ isRegistered }) => !isRegistered)
  const findings = subjects
    .filter(({ isRegistered, compatibility }) => isRegistered && compatibility !== 'FULL_TRANSITIVE')
    .map(({ subject, compatibility }) =>
      failed(
        `schema ${subject}`,
        `its compatibility is ${compatibility ?? 'that of the registry'}, not FULL_TRANSITIVE: a schema that old readers cannot read would be taken`,
        `curl -X PUT -H 'Content-Type: application/json' -d '{"compatibility":"FULL_TRANSITIVE"}' ${url}/config/${subject}`,
      ),
    )
  if (unregistered.length > 0)
    findings.push(
      warning(
        check,
        `${unregistered.length} of ${subjects.length} subjects are not registered yet`,
        'Start a service once: it registers them.',
      ),
    )
  return findings.length > 0 ? findings : [ok(check, `${subjects.length} subjects are FULL_TRANSITIVE`)]
}

/** package.json, engines. */
export const NODE_VERSION_MIN = [20, 11] as const

export function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const isEnough =
    major > NODE_VERSION_MIN[0] || (major === NODE_VERSION_MIN[0] && minor >= NODE_VERSION_MIN[1])
  if (isEnough) return ok('node', `Node ${version}`)
  return failed('node', `Node ${version}`, `Use Node ${NODE_VERSION_MIN.join('.')} or newer.`)
}

/** Limits that contradict one another. */
export function judgeLimits(limits: {
  heartbeatIntervalMs: number
  sessionTimeoutMs: number
  stageProgressSecondsMax: number
  brokerOutageSecondsMax: number
  fetchPartitionBytesMax: number
  fetchBytesMax: number
}): Finding[] {
  const mistakes: Finding[] = []
  if (limits.heartbeatIntervalMs * 3 > limits.sessionTimeoutMs)
    mistakes.push(
      warning(
        'limits',
        `heartbeatIntervalMs ${limits.heartbeatIntervalMs} is more than a third of sessionTimeoutMs ${limits.sessionTimeoutMs}: two lost heartbeats end a session`,
        'Lower heartbeatIntervalMs.',
      ),
    )
  if (limits.stageProgressSecondsMax <= limits.brokerOutageSecondsMax)
    mistakes.push(
      warning(
        'limits',
        `stageProgressSecondsMax ${limits.stageProgressSecondsMax} is not more than brokerOutageSecondsMax ${limits.brokerOutageSecondsMax}: an outage looks like a stall`,
        'Raise stageProgressSecondsMax.',
      ),
    )
  if (limits.fetchPartitionBytesMax > limits.fetchBytesMax)
    mistakes.push(
      warning(
        'limits',
        `fetchPartitionBytesMax ${limits.fetchPartitionBytesMax} is more than fetchBytesMax ${limits.fetchBytesMax}: one partition fills a fetch`,
        'Raise fetchBytesMax.',
      ),
    )
  return mistakes.length > 0 ? mistakes : [ok('limits', 'none contradicts another')]
}
