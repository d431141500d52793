import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { asShown, type CompiledFeatureSet } from '#feature-store'
import {
  type Cell,
  cellNumber,
  type CellRow,
  cellText,
  cellTimeMs,
  openTableFile,
} from '#feature-store/files'
import type { TrainingExample } from '../../learning/training-example.ts'
import { createRowTable } from '../backtest/row-table.ts'
import { commonSlices } from '../backtest/slices.ts'
import type { ExportManifest } from '../dataset/export/export-manifest.ts'
import { createRowCollector } from './collected-rows.ts'
import { TrainingError } from './errors.ts'
import type { ReadyRows } from './ready-rows.ts'

interface ExportedRow {
  example: TrainingExample
  requestId: string
  rank: number
}

/**
 * Rows of a folder that `dataset export` wrote: the vectors as they were served, and their labels. Held in memory. A row whose
 * label nobody could have told is left out.
 *
 * @param objective the label that is learned
 * @throws TrainingError `train_export_unfit` when it is no export, or was made for other features or without that label;
 *   LogUnreadableError when a file of it is cut short
 */
export async function readExportedRows(
  folder: string,
  featureSet: CompiledFeatureSet,
  objective: string,
): Promise<ReadyRows> {
  const manifest = manifestOf(folder)
  const labelColumn = manifest.labelColumns[objective]
  if (manifest.featureSetId !== featureSet.id)
    throw unfit(
      folder,
      `it holds examples of the features ${manifest.featureSetId}, and this configuration has ${featureSet.id}: name the feed file of then with --config`,
    )
  if (labelColumn === undefined)
    throw unfit(
      folder,
      `it has no label ${objective}, only ${Object.keys(manifest.labelColumns).join(', ')}: set trainer.objective, or export it again`,
    )
  const found: ExportedRow[] = []
  let untold = 0
  for (const { path } of manifest.files) {
    const { rows } = await openTableFile(join(folder, path))
    for await (const { row } of rows()) {
      const exported = rowOf(row, { manifest, featureSet, labelColumn })
      if (exported === null) untold += 1
      else found.push(exported)
    }
  }
  const tables = inOrder(found, featureSet.width)
  const leftOut =
    untold === 0 ? [] : [`${untold.toLocaleString('en-US')} rows without the label ${objective} are left out`]
  return {
    name: basename(folder),
    impressions: tables.played.counts.requests,
    notes: [`vectors as they were served, from ${manifest.topic}`, ...leftOut],
    ...tables,
  }
}

function manifestOf(folder: string): ExportManifest {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as ExportManifest
    if (manifest.formatVersion === 1 && Array.isArray(manifest.files)) return manifest
  } catch (cause) {
    throw unfit(folder, 'has no manifest.json that can be read', { cause })
  }
  throw unfit(folder, 'its manifest.json is of something else')
}

interface RowParts {
  manifest: ExportManifest
  featureSet: CompiledFeatureSet
  labelColumn: string
}

/** null: nobody could have told its label. */
function rowOf(row: CellRow, { manifest, featureSet, labelColumn }: RowParts): ExportedRow | null {
  const label = row[labelColumn] ?? null
  if (label === null) return null
  const cell = (name: string): Cell => row[manifest.rowColumns[name]!] ?? null
  const text = (name: string) => cellText(cell(name))
  const numberOrNull = (value: Cell) => (value === null ? null : cellNumber(value))
  const vector = Float32Array.from(manifest.features, (name) => cellNumber(row[name] ?? null))
  return {
    requestId: text('request_id'),
    rank: cellNumber(cell('rank')),
    example: {
      exampleId: text('example_id'),
      vector,
      taught: asShown(featureSet, vector, numberOrNull(cell('shown_position'))),
      flags: Uint8Array.from(Buffer.from(text('feature_flags'), 'hex')),
      label: cellNumber(label) === 1 ? 1 : 0,
      userId: text('user_id'),
      itemId: text('item_id'),
      propensity: cellNumber(cell('propensity')),
      score: numberOrNull(cell('score')),
      modelId: text('model_id'),
      occurredAtMs: cellTimeMs(cell('occurred_at')),
      maturedAtMs: cellTimeMs(cell('matured_at')),
      positives: [],
      isOut: false,
    },
  }
}

/** In the order of their requests, as a pass over a log has them. */
function inOrder(found: ExportedRow[], width: number): Pick<ReadyRows, 'played' | 'rows'> {
  found.sort(
    (one, other) =>
      one.example.occurredAtMs - other.example.occurredAtMs ||
      (one.requestId < other.requestId ? -1 : one.requestId > other.requestId ? 1 : one.rank - other.rank),
  )
  const table = createRowTable()
  const collector = createRowCollector(width)
  for (let from = 0; from < found.length;) {
    const { requestId, example } = found[from]!
    let to = from
    while (found[to]?.requestId === requestId) to += 1
    const examples = found.slice(from, to).map((row) => row.example)
    const { userId, occurredAtMs } = example
    const first = table.addRequest({
      ...{ requestId, userId, occurredAtMs },
      itemIds: examples.map(({ itemId }) => itemId),
      exampleIds: examples.map(({ exampleId }) => exampleId),
    })
    for (const [at, one] of examples.entries()) {
      table.settle(one.exampleId, one.label)
      collector.add(first + at, one)
    }
    from = to
  }
  const rows = table.columns()
  return {
    played: { rows, slices: commonSlices(rows), counts: { requests: table.requests } },
    rows: collector.rows(),
  }
}

const unfit = (folder: string, why: string, options?: ErrorOptions) =>
  new TrainingError(
    'train_export_unfit',
    `${folder}: ${why}. Give a folder that \`feedloop dataset export\` wrote.`,
    options,
  )
