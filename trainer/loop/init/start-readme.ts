/** What stands in a new folder, for who sees it the first time. */
export function startReadme(impressions: number, reachable: number): string {
  return `# A feed

\`data/\` is a made-up data set: ${impressions.toLocaleString('en-US')} shown items, what came of each, and what was known of people and
items. Its truth is in \`data/truth.json\`: no model can be below a normalized entropy of ${String(reachable)} on it for long.

\`\`\`sh
npx feedloop train --data data                                   # a first model: trees; --learner ftrl takes seconds
npx feedloop evaluate --run runs/ID --html report.html           # what it is worth; ID: what train wrote
npx feedloop backtest --dataset folder --path data               # a model every day, as live
\`\`\`

Your own data: a folder with one CSV or Parquet file, a row per shown item, with columns like \`user_id\`, \`item_id\`,
\`request_id\`, \`shown_at\`, \`click\`. What its columns are is told when it is read, and can be said in \`map.json\` beside it.

\`feedloop.config.ts\` is the feed of the running loop: features, labels, learners. \`npx feedloop check\` finds its mistakes,
\`npx feedloop train --data data --config feedloop.config.ts\` tries it on data.
`
}
