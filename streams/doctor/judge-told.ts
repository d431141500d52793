import type { DriftEvent } from '#schemas'
import type { RecentLetters } from '../kafka/kafka-recent-letters.ts'
import { letterAdvice } from '../recent-letters.ts'
import { type Finding, ok, warning } from './finding.ts'

/** A letter may quote what it was made of. */
const DETAIL_CHARS = 200

/** One finding for each reason for which records were given up of late. */
export function judgeLetters({ reasons, isCut, hours }: RecentLetters, nowMs: number): Finding[] {
  const check = 'dead letters'
  const period = `in the last ${String(hours)} hours`
  if (reasons.length === 0) return [ok(check, `none ${period} that was not written back`)]
  return reasons.map(({ reason, count, topics, newestAtMs, detail }) => {
    const many = isCut ? `${String(count)} or more` : String(count)
    const found = `${many} ${period}, of ${topics.join(', ')}; the newest ${ageText(nowMs - newestAtMs)} ago: ${detail.slice(0, DETAIL_CHARS)}`
    return warning(`${check}: ${reason}`, found, letterAdvice(reason))
  })
}

/** Monitors of this name tell whether a label's source does (label_arrival:<label>[:<source>]). */
const ARRIVAL = /^label_arrival:([^:]+)(?::(.+))?$/

/** Sources of labels that have gone silent, and those that came back of late. `events`: in the order of the topic. */
export function judgeArrivals(events: readonly DriftEvent[], fromMs: number): Finding[] {
  const latest = new Map<string, DriftEvent>()
  for (const event of events) if (ARRIVAL.test(event.monitor)) latest.set(event.monitor, event)
  const findings = [...latest.values()].flatMap(({ monitor, kind, cause, detectedAtMs }) => {
    const [, label, source] = ARRIVAL.exec(monitor)!
    const check = `label ${label}${source === undefined ? '' : ` of ${source}`}`
    if (kind === 'upstream')
      return [
        warning(
          check,
          cause,
          `See what sends ${label}${source === undefined ? '' : ` to ${source}`}: when it comes again, or stays away for long, \`npx feedloop drift report\` tells so.`,
        ),
      ]
    return detectedAtMs >= fromMs ? [ok(check, cause)] : []
  })
  return findings.length > 0 ? findings : [ok('labels', 'no source of a label is known to be silent')]
}

/** @example '35 s', '12 min', '5 h' */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${String(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${String(minutes)} min` : `${String(Math.round(minutes / 60))} h`
}
