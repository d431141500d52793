import { escapedHtml, type HtmlRow, htmlTable, PAGE_STYLE } from '#streams'
import type { ValidationReport, Verdict } from './validate.ts'
import { foundOf, subjectOf, wantedOf } from './verdict-text.ts'

const STYLE = `
.verdict { font-size: 18px; color: var(--ink) } .verdict b { color: var(--line-1) } .verdict b.met { color: var(--line-2) }
td { white-space: normal; text-align: left; vertical-align: top; overflow-wrap: anywhere } th { text-align: left }
td:first-child { min-width: 11em } td:last-child { min-width: 14em }
@media (max-width: 700px) { thead { display: none } table, tbody, tr, td { display: block } tr { border-bottom: 1px solid var(--rule); padding: 8px 0 }
td { border: 0; padding: 1px 0; min-width: 0 } td:first-child { font-weight: 600 } td:nth-child(3) { color: var(--quiet) } }
details { margin-top: 12px } summary { cursor: pointer; color: var(--quiet) }
`

/** The report as one page that needs nothing else. */
export function verdictPage(report: ValidationReport, { data }: { data: string }): string {
  const { statistics, tables, verdicts, notes, suite } = report
  const { evaluated, unsuccessful } = statistics
  const said =
    unsuccessful === 0
      ? `<b class="met">All ${String(evaluated)} expectations are met.</b>`
      : `<b>${String(unsuccessful)} of ${String(evaluated)} expectations are not met.</b>`
  const sections = tables.map(({ table, path, format, rows, columns }) => {
    const own = verdicts.filter((verdict) => verdict.table === table)
    const facts = `${path}: ${format}, ${rows.toLocaleString('en-US')} rows, ${String(columns.length)} columns`
    return section(table, facts, own)
  })
  const lost = verdicts.filter((verdict) => !tables.some(({ table }) => table === verdict.table))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Validation: ${escapedHtml(data)}</title>
<style>${PAGE_STYLE}${STYLE}</style>
</head>
<body>
<main>
<h1>Validation: ${escapedHtml(data)}</h1>
<p class="verdict">${said}</p>
<p>Suite: ${escapedHtml(suite)}</p>
${notes.map((note) => `<p>${escapedHtml(note)}</p>`).join('\n')}
${sections.join('\n')}
${lost.length === 0 ? '' : section('Tables that are not there', '', lost)}
</main>
</body>
</html>
`
}

function section(title: string, facts: string, verdicts: readonly Verdict[]): string {
  const failed = verdicts.filter(({ success }) => !success)
  const met = verdicts.filter(({ success }) => success)
  const head = ['column', 'expectation', 'wanted', 'found']
  const failures =
    failed.length === 0 ? '<p>Everything is as expected.</p>' : htmlTable(head, failed.map(rowOf))
  const rest =
    met.length === 0
      ? ''
      : `<details><summary>${String(met.length)} met</summary>${htmlTable(head, met.map(rowOf))}</details>`
  return `<section><h2>${escapedHtml(title)}</h2><p>${escapedHtml(facts)}</p>${failures}${rest}</section>`
}

function rowOf(verdict: Verdict): HtmlRow {
  const subject = subjectOf(verdict)
  const column = subject === verdict.table ? '(table)' : subject.slice(verdict.table.length + 1)
  const words = verdict.expectation.type.replace(/^(feedloop_)?expect_/, '').replaceAll('_', ' ')
  return { cells: [column, words, wantedOf(verdict), foundOf(verdict)], isQuiet: verdict.success }
}
