import { z } from 'zod'
import { ManifestError, type ModelManifest, parseManifest } from '#schemas'
import { OperatorError } from '#streams'

/** What has to be said of a file made elsewhere; all of it can be left out when the file was made for the live feed. */
const importManifestSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/)
    .max(40)
    .default('imported')
    .describe('begins the id of the model, as the name of a learner does'),
  featureSetId: z.string().optional().describe('the features it was made for; left out: those of the feed'),
  columns: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'what each column of its input is, by the names of the feed; left out: all of them in their order',
    ),
  label: z.string().optional().describe('what it predicts; left out: the objective of the feed'),
  output: z.string().optional().describe('its output with the probability; left out: it is found'),
  trainedOn: z
    .strictObject({
      examples: z.int().min(0).default(0),
      fromMs: z.number().default(0),
      toMs: z.number().default(0),
    })
    .prefault({})
    .describe('how many examples it has learned from, and their event time'),
})
type Minimal = z.infer<typeof importManifestSchema>

export interface ImportManifest extends Minimal {
  /** Of a file that `models export` wrote: what it must answer, and how its answers are calibrated. */
  exported?: Pick<ModelManifest, 'golden' | 'calibration' | 'trainedOn'>
}

/**
 * Reads what stands beside a model file: the little that is needed, or the whole manifest of an exported model.
 *
 * @param text undefined: there is none
 * @throws OperatorError with every mistake
 */
export function readImportManifest(text: string | undefined): ImportManifest {
  if (text === undefined) return importManifestSchema.parse({})
  const json = jsonOf(text)
  if (isWhole(json)) return fromWhole(text)
  const parsed = importManifestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  throw wrong(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the top'}: ${message}`))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw wrong([`it is no JSON (${cause instanceof Error ? cause.message : String(cause)})`], cause)
  }
}

const isWhole = (json: unknown) => typeof json === 'object' && json !== null && 'formatVersion' in json

function fromWhole(text: string): ImportManifest {
  try {
    const { learner, featureSetId, label, output, golden, calibration, trainedOn } = parseManifest(text)
    return {
      ...{ name: learner, featureSetId, label, output },
      trainedOn: { examples: trainedOn.examples, fromMs: trainedOn.fromMs, toMs: trainedOn.toMs },
      exported: { golden, calibration, trainedOn },
    }
  } catch (error) {
    if (error instanceof ManifestError) throw wrong([error.message], error)
    throw error
  }
}

const wrong = (mistakes: readonly string[], cause?: unknown) =>
  new OperatorError('import_manifest_wrong', `The manifest of the model is wrong: ${mistakes.join('; ')}.`, {
    cause,
  })
