import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pythonWith } from '#schemas/testing'

const run = promisify(execFile)
/** What reference values and comparisons are made with. */
export const PEER_PACKAGES = [
  'river==0.26.1',
  'scikit-learn==1.9.1',
  'lightgbm==4.7.0',
  'xgboost-cpu==3.2.0',
  'vowpalwabbit==9.11.9',
  // Of the Open Bandit Pipeline.
  'pandas==3.1.1',
  // Of the programs beside the external learner.
  'onnxmltools==1.16.0',
  'skl2onnx==1.20.0',
  'onnx==1.23.2',
  // Of onnxmltools, which does not say so.
  'packaging==26.4',
  'pyarrow==26.0.1',
]
/** It asks for torch as well, which its estimators do without. */
const ALONE = ['obp==0.4.1']
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** A Python with the peers in it. */
export interface PythonPeer {
  /** Its command. */
  readonly command: string
  /** Runs a script. @returns what it printed */
  run(script: string, argv?: readonly string[]): Promise<string>
}

/** Installs the packages on first use. */
export async function openPythonPeer(): Promise<PythonPeer> {
  const python = await pythonWith(PEER_PACKAGES, ALONE)
  return {
    command: python,
    async run(script, argv = []) {
      const { stdout } = await run(python, [script, ...argv], { maxBuffer: OUTPUT_BYTES_MAX })
      return stdout
    },
  }
}
