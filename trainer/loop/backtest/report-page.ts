import type { BacktestReport, BacktestResult } from './backtest-report.ts'
import { factsOf, intervalText, offPolicyTable } from './backtest-text.ts'
import { labelOf, pageDataOf, worstSlices } from './page-data.ts'
import { PAGE_SCRIPT } from './page-script.ts'
import { PAGE_STYLE } from './page-style.ts'

/** What draws the charts: its source, which the page carries along. */
export interface ChartLibrary {
  script: string
  style: string
}

/** The report as one page that needs nothing else: no network, no other file. */
export function reportPage(report: BacktestReport, { script, style }: ChartLibrary): string {
  const json = JSON.stringify(pageDataOf(report)).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Backtest: ${escaped(report.dataset)}</title>
<style>${style}${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>Backtest: ${escaped(report.dataset)}</h1>
${factsOf(report)
  .map((fact) => `<p>${escaped(fact)}</p>`)
  .join('\n')}
<section><h2>Results</h2>${resultsTable(report)}<p>Entropy is normalized: 1 is always saying the base rate of the same rows, lower is better. Brackets: 95 % of resampled users. Per request: mean AUC of the requests that show both labels.</p></section>
${offPolicySection(report)}
<section><h2>Normalized entropy over time</h2><div id="series"></div><p>Ticks at the foot: a model of ${escaped(report.results[0]!.name)} went live (${String(report.results[0]!.live.length)}).</p></section>
<div class="two">
<section><h2>Reliability</h2><div id="reliability"></div><p>On the dashed line scores are true. Expected calibration error ${fixed(report.ece, 4)}; chance alone would show ${fixed(report.eceNoiseFloor, 4)}.</p></section>
<section><h2>ROC</h2><div id="roc"></div></section>
<section><h2>Precision and recall</h2><div id="pr"></div></section>
<section><h2>What features are worth</h2>${importanceBars(report.results[0]!)}</section>
</div>
<section><h2>Worst slices of ${escaped(report.results[0]!.name)}</h2>${slicesTable(report)}</section>
<section><h2>By day</h2>${daysTable(report)}</section>
</main>
<script type="application/json" id="data">${json}</script>
<script>${script.replaceAll('</script', '<\\/script')}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`
}

function resultsTable({ results }: BacktestReport): string {
  const head = [
    '',
    'entropy',
    'less the first',
    'log-loss',
    'AUC',
    'per request',
    'NDCG@10',
    'calibration',
    'ECE',
    'Brier',
    'accuracy',
    'F1',
    'models',
    's',
  ]
  const rows = results.map((result) => {
    const { total, kind, againstFirst } = result
    const cells = [
      labelOf(result),
      fixed(total.normalizedEntropy, 4),
      intervalText(againstFirst?.normalizedEntropy ?? null),
      fixed(total.logLoss, 5),
      fixed(total.auc, 4),
      fixed(total.groupedAuc, 4),
      fixed(total.ndcg10, 4),
      fixed(total.calibration, 3),
      fixed(total.ece, 4),
      fixed(total.brier, 5),
      fixed(total.accuracy, 4),
      fixed(total.f1, 4),
      kind === 'learner' ? String(total.retrains) : '',
      kind === 'learner' ? total.seconds.toFixed(1) : '',
    ]
    return { cells, isQuiet: kind === 'baseline' }
  })
  return table(head, rows)
}

function offPolicySection({ results }: BacktestReport): string {
  const told = offPolicyTable(results)
  if (told === null) return ''
  const rows = told.rows.map((cells) => ({ cells, isQuiet: false }))
  return `<section><h2>What the rankings would have brought</h2>${table(told.head, rows)}<p>${escaped(told.about)}</p></section>`
}

function slicesTable(report: BacktestReport): string {
  const worst = worstSlices(report)
  if (worst.length === 0) return '<p>No part of the rows is large enough to be judged by itself.</p>'
  const rows = worst.map(({ slice, value, share, rows: count, normalizedEntropy, calibration, auc }) => ({
    cells: [
      `${slice}: ${value}`,
      `${(share * 100).toFixed(1)} %`,
      count.toLocaleString('en-US'),
      fixed(normalizedEntropy, 4),
      fixed(auc, 4),
      fixed(calibration, 3),
    ],
    isQuiet: false,
  }))
  return table(['slice', 'share', 'rows', 'entropy', 'AUC', 'calibration'], rows)
}

const DAYS_SHOWN_MAX = 60

function daysTable({ days }: BacktestReport): string {
  const shown = days.slice(-DAYS_SHOWN_MAX)
  const rows = shown.map((day) => ({
    cells: [
      `${String(day.day)}: ${day.date}`,
      day.rows.toLocaleString('en-US'),
      day.positives.toLocaleString('en-US'),
      fixed(day.normalizedEntropy, 4),
      fixed(day.auc, 4),
      fixed(day.groupedAuc, 4),
      fixed(day.calibration, 3),
      String(day.retrains),
    ],
    isQuiet: false,
  }))
  const left =
    shown.length < days.length
      ? `<p>The last ${String(shown.length)} of ${String(days.length)} days.</p>`
      : ''
  return `${table(['day', 'rows', 'positive', 'entropy', 'AUC', 'per request', 'calibration', 'models'], rows)}${left}`
}

const IMPORTANCES_SHOWN_MAX = 20

function importanceBars({ importances, name }: BacktestResult): string {
  const shown = importances.slice(0, IMPORTANCES_SHOWN_MAX)
  const most = Math.max(...shown.map(({ logLoss }) => logLoss), Number.MIN_VALUE)
  const bars = shown.map(({ feature, logLoss }) => {
    const share = Math.max(0, (100 * logLoss) / most)
    return `<span>${escaped(feature)}</span><i style="width:${share.toFixed(1)}%"></i><b>${logLoss.toFixed(5)}</b>`
  })
  return `<div class="bars">${bars.join('')}</div><p>Log-loss that the last model of ${escaped(name)} loses on the newest rows when a feature's values are given to other rows.</p>`
}

function table(
  head: readonly string[],
  rows: readonly { cells: readonly string[]; isQuiet: boolean }[],
): string {
  const cells = (tag: string, values: readonly string[]) =>
    values.map((value) => `<${tag}>${escaped(value)}</${tag}>`).join('')
  const body = rows.map(
    ({ cells: values, isQuiet }) => `<tr${isQuiet ? ' class="quiet"' : ''}>${cells('td', values)}</tr>`,
  )
  return `<div class="scroll"><table><thead><tr>${cells('th', head)}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

const fixed = (value: number | null, digits: number) => (value === null ? '-' : value.toFixed(digits))

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
