import { type ResultTable, tableText } from '#streams/testing'
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
  return [tableText(faultTable(outcomes)), '', ...outcomes.flatMap(details)].join('\n')
}

export function faultTable(outcomes: readonly ScenarioOutcome[]): ResultTable {
  return {
    columns: [
      { title: 'scenario' },
      { title: 'what was done' },
      { title: 'acknowledged', digits: 0 },
      { title: 'lost / doubled / reordered / wrong' },
      { title: 'caught up after, s', digits: 1 },
      { title: 'the control' },
      { title: 's', digits: 0 },
      { title: 'verdict' },
    ],
    rows: outcomes.map((outcome) => {
      const { name, title, seconds } = outcome
      const verdict = isGood(outcome) ? 'holds' : outcome.kind === 'unavailable' ? 'cannot run here' : 'FAILS'
      if (outcome.kind !== 'ran') return [name, title, [], '', [], '', [seconds], verdict]
      const { measured, control } = outcome.report
      const { expected, recoverySeconds } = measured
      const recovery = recoverySeconds === null ? [] : [recoverySeconds]
      const damage = `${control.what}: ${damageText(control)}`
      return [name, title, [expected], damageText(measured), recovery, damage, [seconds], verdict]
    }),
  }
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
