import { writeFile } from 'node:fs/promises'
import { InvalidArgumentError, type Command } from 'commander'
import { createOnnxModels } from '#scorer/model'
import { openStages, readRun } from '../train/index.ts'
import { compareWithOlder } from './comparison.ts'
import { evaluationPage } from './evaluation-page.ts'
import { evaluationText } from './evaluation-text.ts'
import { evaluationOf } from './evaluation.ts'
import { readLoopCost } from './fs-loop-cost.ts'

interface EvaluateFlags {
  run: string
  against?: string
  html?: string
  json?: string
  valuePerClick?: number
  requestsPerDay?: number
}

const CALL_MS_MAX = 600_000

/** `evaluate --run runs/ID`: what a trained model is worth, for people who do not build models. */
export function registerEvaluateCommands(program: Command): void {
  program
    .command('evaluate')
    .description(
      'what a run of feedloop train is worth, where it is weak and what to do next; needs no services',
    )
    .requiredOption('--run <dir>', 'folder of the run, as feedloop train wrote it')
    .option('--against <dir>', 'folder of an older run, compared on the same rows')
    .option('--html <file>', 'write the report as one page that everybody can read')
    .option('--json <file>', 'write the report as JSON')
    .option('--value-per-click <money>', 'what one positive is worth, to tell the gain in money', amountOf)
    .option('--requests-per-day <n>', 'requests a day, to tell the gain and the machines per day', amountOf)
    .action(evaluate)
}

async function evaluate(flags: EvaluateFlags): Promise<void> {
  const stages = openStages(process.stderr)
  const models = createOnnxModels({ callMsMax: CALL_MS_MAX })
  try {
    stages.begin('reads the run')
    const run = await readRun(flags.run)
    const against = flags.against === undefined ? undefined : await readRun(flags.against)
    if (against !== undefined) stages.begin('compares with the older model')
    const older = against === undefined ? null : await compareWithOlder(run, against, models.openModel)
    stages.begin('evaluates')
    const { valuePerClick, requestsPerDay } = flags
    const evaluation = evaluationOf(run, { older, cost: readLoopCost(), valuePerClick, requestsPerDay })
    if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(evaluation, null, 2)}\n`)
    if (flags.html !== undefined) await writeFile(flags.html, evaluationPage(evaluation))
    stages.end()
    process.stdout.write(evaluationText(evaluation))
    for (const file of [flags.html, flags.json])
      if (file !== undefined) process.stdout.write(`Wrote ${file}.\n`)
  } finally {
    stages.end()
    await models.stop()
  }
}

function amountOf(text: string): number {
  const amount = Number(text)
  if (text.trim() !== '' && amount > 0 && Number.isFinite(amount)) return amount
  throw new InvalidArgumentError('expected a number above 0.')
}
