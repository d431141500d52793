import { stringify } from 'yaml'
import type { ModelManifest } from '#schemas'

/** Below the artifacts of a run. */
export const MODEL_FOLDER = 'model'
export const MANIFEST_FILE = 'feedloop-manifest.json'
export const ONNX_FILE = 'model.onnx'
/** With these `mlflow.onnx.load_model` is tested; a newer one may do as well. */
const PYTHON = '3.11.2'
const PACKAGES = { mlflow: '3.17.2', onnx: '1.23.2', onnxruntime: '1.32.0', pandas: '3.1.1' }
/** A signature of more columns says their number only: MLflow keeps it in one field of its database. */
const NAMED_COLUMNS_MAX = 1_000

export interface ModelFolder {
  /** MLmodel as JSON, as a run notes it. */
  mlmodel: string
  /** Bytes by path below the model's folder. */
  files: ReadonlyMap<string, Uint8Array>
}

/**
 * A model file in MLflow's own layout: flavors `onnx` and `python_function`, what it eats and answers, and what Python
 * needs to load it. The scores are those of the file, before calibration; the manifest beside it carries that.
 *
 * @see https://mlflow.org/docs/latest/ml/model/ (MLmodel, signature, environment files)
 */
export function modelFolderOf(
  onnx: Uint8Array,
  manifest: ModelManifest,
  { runId }: { runId: string },
): ModelFolder {
  const requirements = Object.entries(PACKAGES).map(([name, version]) => `${name}==${version}`)
  const mlmodel = {
    artifact_path: MODEL_FOLDER,
    flavors: {
      onnx: {
        code: null,
        data: ONNX_FILE,
        onnx_session_options: null,
        onnx_version: PACKAGES.onnx,
        providers: ['CPUExecutionProvider'],
      },
      python_function: {
        data: ONNX_FILE,
        env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
        loader_module: 'mlflow.onnx',
        python_version: PYTHON,
      },
    },
    metadata: {
      feedloop_model_id: manifest.modelId,
      feedloop_label: manifest.label,
      feedloop_feature_set: manifest.featureSetId,
      feedloop_calibration: manifest.calibrationId,
    },
    mlflow_version: PACKAGES.mlflow,
    model_size_bytes: onnx.length,
    model_uuid: manifest.onnxSha256.slice(0, 32),
    run_id: runId,
    signature: signatureOf(manifest),
    utc_time_created: new Date(manifest.createdAtMs).toISOString().replace('T', ' ').replace('Z', '000'),
  }
  const conda = {
    channels: ['conda-forge'],
    dependencies: [`python=${PYTHON}`, 'pip', { pip: requirements }],
    name: 'mlflow-env',
  }
  const pythonEnv = { python: PYTHON, build_dependencies: ['pip'], dependencies: ['-r requirements.txt'] }
  const texts = {
    MLmodel: stringify(mlmodel),
    'conda.yaml': stringify(conda),
    'python_env.yaml': stringify(pythonEnv),
    'requirements.txt': `${requirements.join('\n')}\n`,
    [MANIFEST_FILE]: `${JSON.stringify(manifest, null, 2)}\n`,
  }
  // MLmodel last: a folder that has it is whole.
  const { MLmodel, ...rest } = texts
  const files = new Map<string, Uint8Array>([[ONNX_FILE, onnx]])
  for (const [name, text] of Object.entries({ ...rest, MLmodel })) files.set(name, Buffer.from(text))
  return { mlmodel: JSON.stringify(mlmodel), files }
}

/** Float32 columns by name; one float32 tensor [rows, width] where there are too many. */
function signatureOf({ featureNames, width, output }: ModelManifest): Record<string, string | null> {
  const tensor = [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, width] } }]
  const columns = featureNames.map((name) => ({ name, type: 'float', required: true }))
  return {
    inputs: JSON.stringify(width > NAMED_COLUMNS_MAX ? tensor : columns),
    outputs: JSON.stringify([{ name: output, type: 'float', required: true }]),
    params: null,
  }
}
