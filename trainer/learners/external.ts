import { z } from 'zod'
import { ONNX_INPUT, ONNX_OUTPUT } from '../export/model-file.ts'
import { FitError } from '../errors.ts'
import { writeGolden, writeWindow } from './external/fs-window.ts'
import { openGuarded } from './external/process-guarded.ts'
import { windowManifestOf } from './external/window-manifest.ts'
import { batchLearner, type BatchLearner, type LearnerTask, type TrainingRows } from './learner.ts'

export const externalConfigSchema = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .max(64)
    .refine(([program]) => program !== '', 'must begin with a program')
    .describe(
      'your program and its arguments, as the system takes them, without a shell; paths are from where the trainer runs; the folder of the fit comes as one more argument',
    ),
  timeoutMinutes: z
    .number()
    .positive()
    .max(24 * 60)
    .default(20)
    .describe('wall clock that it may take; then it is ended with all that it started'),
  workFolder: z
    .string()
    .min(1)
    .optional()
    .describe(
      'a folder that is there: in it that of each fit is made and removed; left out: where the system keeps temporary files',
    ),
  outputKilobytesMax: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('of what it prints, so much of the end is kept and told when it fails'),
  modelMegabytesMax: z
    .int()
    .min(1)
    .max(512)
    .default(64)
    .describe('a model file may be so large: each scorer holds it in memory, and it goes through Kafka'),
})
export type ExternalConfig = z.infer<typeof externalConfigSchema>

/** The one learner without a default: there must be a program. */
export const externalLearner = batchLearner(externalConfigSchema, createExternal)

const MIB = 1024 * 1024

/**
 * A program of somebody else as a learner: it is given the window as Parquet with a manifest, and answers with an ONNX file
 * (`external/README.md`). That is made servable (`#scorer/model`, `servableFile`), and scored by ONNX Runtime in a process of
 * its own; the gate of all candidates follows.
 *
 * Time and memory: those of the program, and a second. Bytes are written once, 4 per value.
 *
 * @throws FitError in a sentence: the program is not there, fails, hangs, or answers something else than a model
 */
export function createExternal(config: ExternalConfig, task: LearnerTask): BatchLearner {
  return {
    async fit(rows, { seed, signal, progress, goldenVectors }) {
      checkLabels(rows)
      const golden = goldenVectors?.length ? goldenVectors : rows.vectors.slice(0, rows.width)
      const guarded = openGuarded({ workFolder: config.workFolder, signal })
      try {
        const { folder } = guarded
        const manifest = windowManifestOf(rows, { ...task, seed })
        writeWindow(folder, rows, manifest)
        writeGolden(folder, golden, manifest)
        progress(0.1)
        const { onnx, scores, parameters, told } = await guarded.run({
          command: config.command,
          timeoutMs: config.timeoutMinutes * 60_000,
          outputBytesMax: config.outputKilobytesMax * 1024,
          modelBytesMax: config.modelMegabytesMax * MIB,
          shape: {
            modelId: task.graphName,
            input: ONNX_INPUT,
            output: ONNX_OUTPUT,
            width: task.width,
            featureNames: [...manifest.columns],
          },
        })
        progress(1)
        return {
          onnx,
          facts: { examples: rows.count, rounds: 1, parameters, told },
          scoresOf(vectors) {
            if (vectors === goldenVectors) return scores
            throw new RangeError('an external model says what its golden rows score, and no more')
          },
        }
      } finally {
        await guarded.close()
      }
    },
  }
}

/** Most programs cannot learn from one class, and answer with a file that no scorer takes. */
function checkLabels({ count, labels }: TrainingRows): void {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  if (positives > 0 && positives < count) return
  throw new FitError(
    'fit_failed',
    `all ${String(count)} rows of the window have the label ${positives === 0 ? '0' : '1'}: there is nothing to tell apart, take a longer window`,
  )
}
