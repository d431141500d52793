import { z } from 'zod'
import { type ModelManifest, parseManifest } from '#schemas'
import { RunInvalidError } from './errors.ts'

/** Below the run's folder; nothing outside of it is ever sent. */
const relativePath = z
  .string()
  .min(1)
  .refine(
    (path) => !/^([/\\]|[a-z]:)/i.test(path) && path.split(/[/\\]/).every((step) => step !== '..'),
    'must be a path below the folder of the run',
  )

const pointSchema = z.strictObject({
  step: z.int().min(0),
  /** Unix, milliseconds. */
  timestampMs: z.number(),
  value: z.number(),
})

const trackedModelSchema = z.strictObject({
  /** The ONNX file. */
  file: relativePath,
  /** Of the model: a file of JSON, or the manifest itself. */
  manifest: z.union([relativePath, z.looseObject({})]),
  /** Of the registered model. */
  name: z.string().min(1),
  /** The new version gets this alias; null: none. */
  alias: z.string().min(1).nullable().default('challenger'),
})

/** `run.json`: one run, whole. Whoever trains writes it; `track send` tells MLflow of it. */
export const trackedRunSchema = z.strictObject({
  /** Unique in its experiment; the tag feedloop.run_id in MLflow. */
  runId: z
    .string()
    .min(1)
    .max(250)
    .regex(/^[\w.-]+$/, 'must be of letters, digits, _ . and -'),
  experiment: z.string().min(1),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
  /** More will be told under the same id: of a candidate on trial. */
  isOngoing: z.boolean().default(false),
  status: z.enum(['FINISHED', 'FAILED', 'KILLED']).default('FINISHED'),
  params: z.record(z.string(), z.string()).default({}),
  metrics: z.record(z.string(), z.array(pointSchema)).default({}),
  tags: z.record(z.string(), z.string()).default({}),
  artifacts: z.array(relativePath).default([]),
  model: trackedModelSchema.optional(),
})
export type TrackedRun = z.infer<typeof trackedRunSchema>
export type TrackedRunInput = z.input<typeof trackedRunSchema>

/** @throws RunInvalidError naming the place and every mistake */
export function parseRun(json: string, place: string): TrackedRun {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new RunInvalidError(place, `it is no JSON (${String(cause)})`, { cause })
  }
  const parsed = trackedRunSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const mistakes = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'run'}: ${message}`)
  throw new RunInvalidError(place, mistakes.join('; '), { cause: parsed.error })
}

/** @throws RunInvalidError */
export function manifestOfRun(json: string, place: string): ModelManifest {
  try {
    return parseManifest(json)
  } catch (cause) {
    throw new RunInvalidError(place, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
