import { createHash } from 'node:crypto'
import type { ModelManifest } from '#schemas'
import type { FileShape } from './contract.ts'
import { ModelRefusedError } from './errors.ts'
import type { TensorShape } from './onnx-messages.ts'

/** Throws ModelRefusedError unless the bytes are those the manifest names. */
export function checkBytes(onnx: Uint8Array, manifest: ModelManifest): void {
  if (onnx.byteLength !== manifest.onnxBytes) {
    const message = `model ${manifest.modelId}: the file has ${onnx.byteLength} bytes, the manifest says ${manifest.onnxBytes}`
    throw new ModelRefusedError('bytes_differ', message)
  }
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  if (sha256 === manifest.onnxSha256) return
  const message = `model ${manifest.modelId}: the file's sha256 is ${sha256}, the manifest says ${manifest.onnxSha256}`
  throw new ModelRefusedError('sha256_differs', message)
}

/** Throws ModelRefusedError unless the file takes [rows, width] float32 and answers [rows, 1] (or [rows]) float32. */
export function checkShapes(
  inputs: readonly TensorShape[],
  outputs: readonly TensorShape[],
  manifest: Pick<FileShape, 'modelId' | 'input' | 'output' | 'width'>,
): void {
  const [input] = inputs
  const takes =
    inputs.length === 1 && input?.name === manifest.input && isRows(input) && input.shape.length === 2
  if (!takes || !agrees(input.shape[1], manifest.width)) {
    throw new ModelRefusedError(
      'input_differs',
      `model ${manifest.modelId}: the file takes ${listed(inputs)}, the manifest says one input ${manifest.input}: float32[rows,${manifest.width}]`,
    )
  }
  const output = outputs.find(({ name }) => name === manifest.output)
  const answers = output !== undefined && isRows(output)
  if (answers && (output.shape.length === 1 || (output.shape.length === 2 && agrees(output.shape[1], 1))))
    return
  throw new ModelRefusedError(
    'output_differs',
    `model ${manifest.modelId}: the file answers ${listed(outputs)}, the manifest says ${manifest.output}: float32[rows,1]`,
  )
}

/** Any number of rows of float32. */
function isRows({ type, shape }: TensorShape): boolean {
  return type === 'float32' && typeof shape[0] === 'string'
}

/** A symbolic dimension may turn out to be anything; the golden vectors decide. */
function agrees(dimension: number | string | undefined, wanted: number): boolean {
  return typeof dimension === 'string' || dimension === wanted
}

function listed(tensors: readonly TensorShape[]): string {
  return (
    tensors
      .map(({ name, type, shape }) => `${name}: ${type ?? 'no tensor'}[${shape.join(',')}]`)
      .join(', ') || 'nothing'
  )
}
