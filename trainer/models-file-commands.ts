import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { compileFeatureSet } from '#feature-store'
import { openTableWriter } from '#feature-store/files'
import { type ModelManifest, vectorOfBytes } from '#schemas'
import { createOnnxModels, openModel } from '#scorer/model'
import { type CommandContext, OperatorError, table } from '#streams'
import type { TrainerFeedConfig } from './commands.ts'
import { readImportManifest } from './models/import-manifest.ts'
import { compareModels, comparisonSentence, type ModelComparison } from './models/model-comparison.ts'
import { importModel } from './models/model-import.ts'
import { manifestOf } from './models/model-log.ts'
import { createModelWriter } from './models/model-writer.ts'
import { moveOf } from './models/operator-move.ts'
import { newestExamples } from './models/newest-examples.ts'
import { connected, readModelLog } from './models/operator-reads.ts'

type Context = CommandContext<TrainerFeedConfig>

/** import, export, compare: models as files. */
export function registerModelFiles(models: Command, context: Context): void {
  models
    .command('import')
    .description('take in a model file (ONNX) that was made elsewhere, as a candidate')
    .argument('<file>', 'the file')
    .option(
      '--manifest <file>',
      'what it is, as JSON: columns, label, output, name; or that of `models export`',
    )
    .option('--name <name>', 'begins its id (default: that of the manifest, or imported)')
    .option('--reason <text>', 'why, for whoever reads `models list`', '')
    .option('--json', 'print what was written as JSON')
    .action((file: string, flags: ImportFlags) => importFile(context, file, flags))
  models
    .command('export')
    .description(
      'write a model as files: model.onnx, manifest.json, and golden.json and golden.parquet with what it must answer',
    )
    .argument('<model>', 'model id')
    .requiredOption('--out <folder>', 'where; made if it is not there')
    .action((modelId: string, { out }: { out: string }) => exportFiles(context, modelId, out))
  models
    .command('compare')
    .description('two models on the same newest examples')
    .argument('<model>', 'model id')
    .argument('<other>', 'model id of the other')
    .option('--examples <n>', 'how many of the newest', countOf, 10_000)
    .option('--json', 'print as JSON')
    .action((one: string, other: string, flags: CompareFlags) => compare(context, [one, other], flags))
}

interface ImportFlags {
  manifest?: string
  name?: string
  reason: string
  json?: true
}

async function importFile(context: Context, file: string, flags: ImportFlags): Promise<void> {
  const onnx = new Uint8Array(await readGiven(file))
  const beside = flags.manifest === undefined ? undefined : (await readGiven(flags.manifest)).toString('utf8')
  const manifest = readImportManifest(beside)
  const { trainer, features } = await context.loadConfig()
  const { promotion, objective } = trainer
  const models = createOnnxModels({})
  await connected(context, async (runtime) => {
    const { clock, log, signals } = runtime
    const outputs = await runtime.outputs('trainer-operator')
    const { artifactChunkBytes } = promotion
    try {
      const told = await importModel(
        onnx,
        { manifest: { ...manifest, name: flags.name ?? manifest.name }, reason: flags.reason },
        {
          modelLog: await readModelLog(runtime),
          writer: createModelWriter({ outputs, artifactChunkBytes, clock, log, signals }),
          featureSet: compileFeatureSet(features),
          newestExamples: () => newestExamples(runtime, promotion.goldenRows),
          ...{ ...models, promotion, objective, clock },
        },
      )
      print(
        flags.json
          ? JSON.stringify(told, null, 2)
          : `${told.modelId} is a candidate. A trainer that runs judges it on fresh examples; \`feedloop models promote ${told.modelId}\` does so now, on the newest.`,
      )
    } finally {
      await outputs.close()
      await models.stop()
    }
  })
}

async function exportFiles(context: Context, modelId: string, folder: string): Promise<void> {
  const { manifest, onnx } = await connected(context, async (runtime) => {
    const modelLog = await readModelLog(runtime)
    return { manifest: manifestOf(moveOf(modelId, modelLog)), onnx: modelLog.file(modelId) }
  })
  if (manifest === undefined)
    throw new OperatorError('model_unreadable', `The manifest of ${modelId} cannot be read.`)
  if (onnx === undefined)
    throw new OperatorError(
      'model_file_gone',
      `The file of ${modelId} is gone: \`feedloop models list\` shows which files are kept.`,
    )
  await mkdir(folder, { recursive: true })
  const files: [string, Uint8Array | string][] = [
    ['model.onnx', onnx],
    ['manifest.json', `${JSON.stringify(manifest, null, 2)}\n`],
    ['golden.json', `${JSON.stringify(goldenRowsOf(manifest), null, 2)}\n`],
  ]
  for (const [name, content] of files) await writeNew(path.join(folder, name), content)
  const table = path.join(folder, 'golden.parquet')
  writeGoldenTable(table, goldenRowsOf(manifest))
  print(`Wrote ${[...files.map(([name]) => path.join(folder, name)), table].join(', ')}.`)
}

/** The same as a table, for readers of columns: one for each feature, and what the row scores. */
function writeGoldenTable(file: string, { columns, rows }: ReturnType<typeof goldenRowsOf>): void {
  const names = [...columns, 'golden_score']
  const table = openTableWriter(
    file,
    'parquet',
    names.map((name) => ({ name, type: 'number' })),
  )
  for (const { vector, score } of rows) table.add([...vector, score])
  table.close()
}

/** For whoever wants to prove the file in another language. */
function goldenRowsOf({ featureNames: columns, width, golden }: ModelManifest) {
  const numbers = (text: string) => vectorOfBytes(Buffer.from(text, 'base64'))
  const [vectors, scores] = [numbers(golden.vectors), numbers(golden.scores)]
  const rows = [...scores].map((score, row) => ({
    vector: [...vectors.subarray(row * width, (row + 1) * width)],
    score,
  }))
  return { columns, tolerance: golden.tolerance, rows }
}

interface CompareFlags {
  examples: number
  json?: true
}

async function compare(
  context: Context,
  ids: [string, string],
  { examples, json }: CompareFlags,
): Promise<void> {
  const { trainer, features } = await context.loadConfig()
  const comparison = await connected(context, async (runtime) =>
    compareModels(ids, {
      modelLog: await readModelLog(runtime),
      ...{ openModel, objective: trainer.objective, featureSetId: compileFeatureSet(features).id },
      newestExamples: () => newestExamples(runtime, examples),
    }),
  )
  print(json ? JSON.stringify(comparison, null, 2) : comparisonText(comparison))
}

function comparisonText(comparison: ModelComparison): string {
  const told = (value: number | null, digits: number) => (value === null ? '' : value.toFixed(digits))
  const rows = comparison.models.map((model) => [
    model.modelId,
    told(model.logLoss, 5),
    told(model.normalizedEntropy, 4),
    told(model.auc, 4),
    told(model.calibration, 3),
  ])
  const known = comparison.models.filter(({ knowsSome }) => knowsSome).map(({ modelId }) => modelId)
  const notes = known.map((modelId) => `${modelId} may have learned from some of them.`)
  return [
    table(['model', 'log-loss', 'entropy', 'AUC', 'calibration'], rows),
    comparisonSentence(comparison),
    ...notes,
  ].join('\n')
}

async function readGiven(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new OperatorError('file_unreadable', `${file} cannot be read (${said}).`, { cause })
  }
}

async function writeNew(file: string, content: Uint8Array | string): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new OperatorError('file_exists', `${file} is there already: name another folder as --out.`, {
      cause,
    })
  }
}

function countOf(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('expected a number of examples, 1 to 9999999.')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
