import type { PlantedFault } from './faults.ts'
import { type FeedTable, TABLE_NAMES } from './feed-tables.ts'
import type { Truth } from './truth.ts'

const MEANING: Record<FeedTable, string> = {
  impressions:
    'what was shown: one row an item of a ranking, in the order of `shown_at`. `position` 0 is the top. `click`, `like` (0 or 1) and `dwell_seconds` are what came of it within the label horizon: know them after the showing only. `device` has no part in clicks',
  interactions:
    'what people did, in the order of `occurred_at`: view, click, like, hide. `value` of a click is the dwell in seconds. Without a `request_id` it was before the first day, when nobody ranked',
  content_features: 'items when they were published: `category`, `hashtags` joined by |, `author_id`',
  user_features:
    'people at midnight UTC of each day (`as_of`): counts of all before that moment, `click_rate`, `history` (the last 20 clicked items, the latest last). A row may be used for impressions from `as_of` on',
}

export interface FolderFacts {
  rows: Record<FeedTable, number>
  formats: readonly string[]
  faults: readonly PlantedFault[]
}

/** What stands in the folder, for whoever opens it. */
export function folderReadme(truth: Truth, { rows, formats, faults }: FolderFacts): string {
  const { made, label } = truth
  const flags = (['users', 'items', 'days', 'impressions', 'seed', 'start'] as const)
    .map((name) => `--${name} ${String(made[name])}`)
    .join(' ')
  const tables = TABLE_NAMES.map(
    (table) => `| ${table} | ${rows[table].toLocaleString('en-US')} | ${MEANING[table]} |`,
  )
  const first = formats[0]!
  return `# A simulated feed

Made by \`npx feedloop dataset synthesize ${flags}\`. The people are not real. The same command gives the same bytes.

| table | rows | what |
| --- | --- | --- |
${tables.join('\n')}

Formats: ${formats.join(', ')}. Times are UTC. A list is text joined by |. Nothing stands for a missing value in CSV, null in Parquet.

## The truth

\`truth.json\` has what the feed was made by. ${(100 * label.rate).toFixed(1)} % of ${label.shown.toLocaleString('en-US')} impressions were clicked. A forecaster who knows each
click's true probability comes to a normalized entropy of ${String(truth.bestReachableNormalizedEntropy)} on them: no model can be better for long, 1 is saying the rate.
Lower positions are looked at less (exponent ${String(truth.positionBias.exponent)}), likes come ${String(truth.delays.likeMinutesMedian)} minutes after their click in the median.
Rankings were the feed's own order: popular items tend to be on top. \`itemQuality\` is in no column; authors and hashtags tell a part of it.

## Try

\`\`\`sh
npx feedloop validate .
npx feedloop backtest --dataset ${first} --path impressions.${first} --map map.json
\`\`\`
${faults.length === 0 ? '' : faultsText(faults)}`
}

function faultsText(faults: readonly PlantedFault[]): string {
  const lines = faults.map(
    ({ kind, table, column, what, rows }) => `| ${kind} | ${table} | ${column} | ${String(rows)} | ${what} |`,
  )
  return `
## Planted faults

This data is broken on purpose; \`faults.json\` has the rows.

| kind | table | column | rows | what |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`
}
