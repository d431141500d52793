import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TableFormat } from '#feature-store/files'
import { type FaultName, type PlantedFault, plannedFaults } from '../faults.ts'
import { openDataFolder } from '../fs-data-folder.ts'
import { type Synthesis, synthesisSchema } from '../synthesis.ts'
import { synthesize } from '../synthesize.ts'
import type { Truth } from '../truth.ts'

export interface MadeFolder {
  path: string
  rows: Record<string, number>
  truth: Truth
  planted: readonly PlantedFault[]
}

/** A small data set in a folder of its own; whoever asks for it removes it. */
export async function madeFolder(
  wanted: Partial<Synthesis>,
  { formats = ['csv'], faults }: { formats?: TableFormat[]; faults?: readonly FaultName[] } = {},
): Promise<MadeFolder> {
  const options = synthesisSchema.parse({ users: 200, items: 200, days: 3, impressions: 12_000, ...wanted })
  const planter = faults === undefined ? null : plannedFaults(options, faults)
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'feedloop-data-')), 'data')
  const sink = openDataFolder(folder, formats, planter)
  const truth = await synthesize(options, { sink })
  return { path: folder, truth, rows: sink.close(truth), planted: planter?.planted ?? [] }
}
