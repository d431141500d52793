import { z } from 'zod'
import { calibrationIdOf, calibrationSchema } from './calibration.ts'
import { ManifestError } from './errors.ts'

const modelManifestSchema = z.strictObject({
  formatVersion: z.literal(2),
  modelId: z.string().min(1),
  learner: z.string().min(1),
  label: z.string().min(1),
  featureSetId: z.string().min(1),
  featureNames: z.array(z.string()),
  /** ONNX input [rows, width] float32 and output [rows, 1] float32: probability of the label, not yet calibrated. */
  input: z.string(),
  output: z.string(),
  width: z.int().positive(),
  onnxSha256: z.string().length(64),
  onnxBytes: z.int().positive(),
  /** What is done to the file's scores before anybody sees them. */
  calibration: calibrationSchema,
  /** Names `calibration` (`calibrationIdOf`): the same file may serve under another one. */
  calibrationId: z.string(),
  /**
   * Rows the file must reproduce within `tolerance` in the real session before it may serve. The scores are those of
   * the file, before calibration.
   */
  golden: z.strictObject({
    rows: z.int().positive(),
    /** base64 of float32 little-endian, rows x width */
    vectors: z.string(),
    /** base64 of float32 little-endian, rows */
    scores: z.string(),
    tolerance: z.number().positive(),
  }),
  trainedOn: z.strictObject({
    examples: z.int(),
    fromMs: z.number(),
    toMs: z.number(),
    /** Passes over the examples, and numbers learned from them; older manifests do not say. */
    rounds: z.int().optional(),
    parameters: z.int().optional(),
    /** Name of the settings that the trainer chose, where it did. */
    settings: z.string().optional(),
  }),
  /** Metrics on fresh matured examples, when they are known. */
  metrics: z.record(z.string(), z.number()),
  createdAtMs: z.number(),
})

/** What travels with a model file: what it eats, what it answers, and how to check that it does. */
export type ModelManifest = z.infer<typeof modelManifestSchema>

/** Version 1 named a calibration and had no parameters. */
const modelManifestV1Schema = modelManifestSchema
  .omit({ calibration: true })
  .extend({ formatVersion: z.literal(1) })

const anyVersionSchema = z.discriminatedUnion('formatVersion', [modelManifestV1Schema, modelManifestSchema])

/**
 * Reads the manifest of a ModelMove record or of a file, of any version, as one of the current version.
 * @throws ManifestError listing every mistake, each with its place.
 */
export function parseManifest(json: string): ModelManifest {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new ManifestError([`not JSON (${cause instanceof Error ? cause.message : String(cause)})`], {
      cause,
    })
  }
  const parsed = anyVersionSchema.safeParse(value)
  if (!parsed.success) throw new ManifestError(parsed.error.issues.map(mistake), { cause: parsed.error })
  const manifest = asCurrentVersion(parsed.data)
  const mistakes = disagreements(manifest)
  if (mistakes.length > 0) throw new ManifestError(mistakes)
  return manifest
}

function asCurrentVersion(manifest: z.infer<typeof anyVersionSchema>): ModelManifest {
  if (manifest.formatVersion === 2) return manifest
  return { ...manifest, formatVersion: 2, calibration: { kind: manifest.calibrationId } }
}

function mistake({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`
}

const FLOAT_BYTES = 4

/** What one field alone cannot show. */
function disagreements(manifest: ModelManifest): string[] {
  const { featureNames, width, golden, calibration, calibrationId } = manifest
  const mistakes: string[] = []
  if (calibrationId !== calibrationIdOf(calibration))
    mistakes.push(`calibrationId: ${calibrationId}, but the calibration is ${calibrationIdOf(calibration)}`)
  if (featureNames.length !== width)
    mistakes.push(`featureNames: ${featureNames.length} names for width ${width}`)
  const sizes = { vectors: golden.rows * width * FLOAT_BYTES, scores: golden.rows * FLOAT_BYTES }
  for (const field of ['vectors', 'scores'] as const) {
    const bytes = Buffer.from(golden[field], 'base64').length
    if (bytes !== sizes[field]) mistakes.push(`golden.${field}: ${bytes} bytes, ${sizes[field]} expected`)
  }
  return mistakes
}
