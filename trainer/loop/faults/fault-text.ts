import { table } from '#streams'
import { type FaultReport, faultsOf, type Finding, type ScenarioSize } from './scenario.ts'

/** How one scenario went. */
export type ScenarioOutcome =
  | { name: string; title: string; size: ScenarioSize; seconds: number; kind: 'ran'; report: FaultReport }
  | { name: string; title: string; size: ScenarioSize; seconds: number; kind: 'failed'; error: string }
  | { name: string; title: string; size: ScenarioSize; seconds: number; kind: 'unavailable'; why: string }

export const isGood = (outcome: ScenarioOutcome): boolean =>
  outcome.kind === 'ran' && faultsOf(outcome.report).length === 0

/** For people: a row per scenario, then what else was counted and what does not hold. */
export function faultText(outcomes: readonly ScenarioOutcome[]): string {
  const columns = [
    'scenario',
    'form',
    'expected',
    'lost',
    'dup.',
    'reord.',
    'wrong',
    'recovery s',
    'control',
    'seconds',
    '',
  ]
  const rows = outcomes.map((outcome) => {
    const { name, size, seconds } = outcome
    const verdict = isGood(outcome) ? 'holds' : outcome.kind === 'unavailable' ? 'cannot run here' : 'FAILS'
    if (outcome.kind !== 'ran') return [name, size, '', '', '', '', '', '', '', seconds.toFixed(0), verdict]
    const { measured, control } = outcome.report
    const { expected, lost, duplicated, reordered, wrong, recoverySeconds } = measured
    return [
      name,
      size,
      String(expected),
      String(lost),
      String(duplicated),
      String(reordered),
      String(wrong),
      recoverySeconds === null ? '-' : recoverySeconds.toFixed(1),
      damageText(control),
      seconds.toFixed(0),
      verdict,
    ]
  })
  return [table(columns, rows), '', ...outcomes.flatMap(details)].join('\n')
}

const damageText = ({ lost, duplicated, reordered, wrong }: Finding) =>
  `${String(lost)} / ${String(duplicated)} / ${String(reordered)} / ${String(wrong)}`

const countsText = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([what, count]) => `${what} ${String(Math.round(count * 100) / 100)}`)
    .join(', ')

function details(outcome: ScenarioOutcome): string[] {
  const lines = [`${outcome.name}: ${outcome.title}`]
  if (outcome.kind === 'failed') lines.push(`  failed: ${outcome.error}`)
  else if (outcome.kind === 'unavailable') lines.push(`  cannot run here: ${outcome.why}`)
  else {
    const { measured, control, checks } = outcome.report
    lines.push(`  measured: ${countsText(measured.counts)}`)
    lines.push(`  control: ${control.what}: ${countsText(control.counts)}`)
    for (const { what, holds } of checks) lines.push(`  ${holds ? 'holds' : 'DOES NOT HOLD'}: ${what}`)
    for (const fault of faultsOf(outcome.report)) lines.push(`  FAILS: ${fault}`)
  }
  return lines
}
