import { type LettersOfReason, lettersText } from '#streams'
import type { DemoReport } from './demo-report.ts'

/** What must hold of any run, simulated or of a real log, as sentences about what did not. */
export function runFailures({
  interactions,
  predictions,
  skew,
}: Pick<DemoReport, 'interactions' | 'predictions' | 'skew'>): string[] {
  const mustBeZero: [number, string][] = [
    [interactions.lost, 'interactions were lost'],
    [interactions.duplicates, 'interactions were applied more than once'],
    [interactions.entitiesDifferent, 'states differ from a replay of the log'],
    [interactions.deadLetters, deadLettered(interactions.deadLettersBy)],
    [predictions.lost, 'requests were never answered'],
    [predictions.duplicates, 'predictions were written twice'],
    [skew.mismatches, 'recorded vectors differ from the log'],
  ]
  const failures = mustBeZero.flatMap(([count, text]) => (count > 0 ? [`${String(count)} ${text}`] : []))
  if (interactions.produced === 0) failures.push('no interactions were produced')
  if (skew.vectorsChecked === 0) failures.push('no vector could be checked')
  return failures
}

const deadLettered = (reasons: readonly LettersOfReason[]): string =>
  ['records were dead-lettered:', ...reasons.map((one) => `  ${lettersText(one)}`)].join('\n  ')

/** The last lines of a report for people. */
export function verdictText(failures: readonly string[]): string {
  if (failures.length === 0) return 'All checks passed.'
  return ['Checks that failed:', ...failures.map((text) => `  ${text}`)].join('\n')
}
