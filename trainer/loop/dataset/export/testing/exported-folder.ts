import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TableFormat } from '#feature-store/files'
import type { Example } from '#schemas'
import { trainerConfigSchema } from '../../../../config.ts'
import { exportColumns } from '../export-columns.ts'
import { exportExamples } from '../export-examples.ts'
import { exportManifest, type ExportManifest } from '../export-manifest.ts'
import { openExportFolder } from '../fs-export-folder.ts'
import { featureSet } from './sample-examples.ts'

export const newFolder = (): string => path.join(mkdtempSync(path.join(tmpdir(), 'feedloop-export-')), 'rows')

/** An export of these examples, as if they lay in one partition; whoever asks for it removes its parent. */
export async function exportedFolder(
  examples: readonly (Example | null)[],
  {
    folder = newFolder(),
    format = 'parquet',
    fromMs = null,
    toMs = null,
  }: { folder?: string; format?: TableFormat; fromMs?: number | null; toMs?: number | null } = {},
): Promise<{ path: string; manifest: ExportManifest }> {
  const trainer = trainerConfigSchema.parse({})
  const columns = exportColumns(featureSet, Object.keys(trainer.labels))
  const sink = openExportFolder(folder, format, columns.columns)
  async function* logged() {
    for (const [offset, value] of examples.entries())
      yield await Promise.resolve({ raw: { partition: 0, offset }, value })
  }
  const counts = await exportExamples({
    examples: logged(),
    ...{ columns, featureSetId: featureSet.id, fromMs, toMs, rememberedExamplesMax: 1_000, add: sink.add },
  })
  const about = { format, topic: 'feed.examples.v1', isFromLog: false, fromMs, toMs }
  let manifest = exportManifest({ ...about, featureSet, trainer, columns, counts, files: [] })
  sink.close((files) => (manifest = { ...manifest, files }))
  return { path: folder, manifest }
}
