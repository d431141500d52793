import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { z } from 'zod'
import { createOnnxModels, servableFile } from '#scorer/model'
import type { GuardAnswer, GuardedRun } from './guard-messages.ts'
import { numbersIn } from './numbers-in.ts'
import { FILES } from './window-manifest.ts'

const answerSchema = z.strictObject({
  output: z
    .string()
    .optional()
    .describe('the output of model.onnx with the probability; left out: it is found'),
  metrics: z.record(z.string().max(40), z.number()).default({}).describe('what the program measured itself'),
  goldenScores: z
    .array(z.number().min(0).max(1))
    .optional()
    .describe('probabilities of the rows of golden.parquet, by the program: the file must answer the same'),
})
type Answer = z.infer<typeof answerSchema>

/**
 * What a program left in its folder, made servable and scored.
 *
 * @throws Error in a sentence
 */
export async function readAnswer(
  folder: string,
  { shape, modelBytesMax }: Pick<GuardedRun, 'shape' | 'modelBytesMax'>,
): Promise<Omit<Extract<GuardAnswer, { kind: 'made' }>, 'kind'>> {
  const file = readModel(path.join(folder, FILES.model), modelBytesMax)
  const answer = readMore(path.join(folder, FILES.answer))
  const onnx = servableFile(file, { ...shape, answer: answer.output })
  const models = createOnnxModels({})
  try {
    const golden = await readGolden(path.join(folder, FILES.golden), shape.featureNames)
    const scores = [...(await models.scoreFile(onnx, shape, golden))]
    const own = answer.goldenScores ?? scores
    if (own.length !== scores.length)
      throw new Error(
        `${FILES.answer} has ${String(own.length)} goldenScores for the ${String(scores.length)} rows of ${FILES.golden}`,
      )
    writeFileSync(path.join(folder, FILES.served), onnx)
    const told = Object.entries(answer.metrics).map(([name, value]) => [`program.${name}`, value])
    return {
      scores: own,
      parameters: numbersIn(onnx),
      told: Object.fromEntries(told) as Record<string, number>,
    }
  } finally {
    await models.stop()
  }
}

function readModel(file: string, bytesMax: number): Uint8Array {
  if (!existsSync(file))
    throw new Error(`the program ended well, but wrote no ${FILES.model} into its folder`)
  const { size } = statSync(file)
  if (size > bytesMax)
    throw new Error(
      `its ${FILES.model} has ${String(size)} bytes, more than \`modelMegabytesMax\` allows (${String(bytesMax)})`,
    )
  return new Uint8Array(readFileSync(file))
}

function readMore(file: string): Answer {
  if (!existsSync(file)) return answerSchema.parse({})
  const said = (what: string) => new Error(`its ${FILES.answer} ${what}`)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw said(`is no JSON (${cause instanceof Error ? cause.message : String(cause)})`)
  }
  const parsed = answerSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw said(`is wrong at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? ''}`)
}

async function readGolden(filename: string, columns: readonly string[]): Promise<Float32Array> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(filename) })
  return Float32Array.from(rows.flatMap((row) => columns.map((column) => row[column] as number)))
}
