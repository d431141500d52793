import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** What reference values and comparisons are made with. */
export const PEER_PACKAGES = ['river==0.26.1', 'scikit-learn==1.9.1', 'lightgbm==4.7.0', 'xgboost-cpu==3.2.0']

const root = path.join(import.meta.dirname, '..', '..')
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** A Python of its own with the peers in it. */
export interface PythonPeer {
  /** Runs a script. @returns what it printed */
  run(script: string, argv?: readonly string[]): Promise<string>
}

export async function hasPython(): Promise<boolean> {
  return run('python3', ['--version']).then(
    () => true,
    () => false,
  )
}

/** Installs the packages on first use: minutes, then never again for the same list. */
export async function openPythonPeer(): Promise<PythonPeer> {
  const name = PEER_PACKAGES.join('-').replaceAll('==', '_')
  const venv = path.join(root, '.feedloop', 'peers', name)
  const python = path.join(venv, 'bin', 'python')
  const done = path.join(venv, 'installed')
  if (!existsSync(done)) {
    await run('python3', ['-m', 'venv', '--clear', venv])
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PEER_PACKAGES])
    await run(python, ['-c', 'import pathlib, sys; pathlib.Path(sys.argv[1]).touch()', done])
  }
  return {
    async run(script, argv = []) {
      const { stdout } = await run(python, [script, ...argv], { maxBuffer: OUTPUT_BYTES_MAX })
      return stdout
    },
  }
}
