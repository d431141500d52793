import { runFailures } from '../report/index.ts'
import type { IngestReport } from './ingest-report.ts'

/** What a log through the loop must show, as sentences about what it did not. Empty: all is well. */
export function ingestFailures(report: IngestReport): string[] {
  const { log, examples, examplesMissing, models } = report
  const failures = runFailures(report)
  if (log.impressions < log.rows && !log.stoppedEarly)
    failures.push(`${String(log.rows - log.impressions)} of ${String(log.rows)} impressions were not sent`)
  if (examplesMissing > 0)
    failures.push(
      `${String(examplesMissing)} examples are missing, whose labels were final before the log ended`,
    )
  const made = `${String(models.length)} ${models.length === 1 ? 'model was' : 'models were'} made`
  if (models.length === 0)
    failures.push(`no model was made of ${String(examples)} matured examples: the log is too short for one`)
  else if (judgedModels(report).length === 0)
    failures.push(`${made}, but none was judged before the log ended`)
  return failures
}

/** Those that were held against fresh examples: only then do they have figures. */
export function judgedModels({ models }: Pick<IngestReport, 'models'>): IngestReport['models'] {
  return models.filter(({ metrics }) => metrics['examples'] !== undefined)
}

/** Which models served, and if none, why: that is a result, no failure. */
export function modelsText({ models }: Pick<IngestReport, 'models'>): string {
  const promoted = models.filter(({ promotedAtMs }) => promotedAtMs !== null)
  const counted = `${String(promoted.length)} promoted of ${String(models.length)}`
  const last = judgedModels({ models }).at(-1)
  if (promoted.length > 0 || last === undefined) return counted
  return `${counted}: none was good enough to serve. Of the last one judged: ${last.reason}`
}
