import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pythonWith } from '#schemas/testing'
import { requestHttp } from '#streams'
import type { TrackingAddress } from '../address.ts'

const USER = { username: 'admin', password: 'planted-mlflow-83ba' }
const STARTS_WITHIN_MS = 300_000
const POLL_MS = 250
/** What the environment is made of: versions pinned, and no more of MLflow's packages than we use. */
const LOCK = path.join(import.meta.dirname, '../peers/mlflow-lock.txt')

/** A real `mlflow server`: SQLite, artifacts served, a login asked for, served under 127.0.0.1 only. */
export interface RealMlflow {
  readonly address: TrackingAddress
  readonly python: string
  start(): Promise<void>
  /** SIGKILL, to all of its processes. */
  kill(): Promise<void>
  /** Ends it; nothing is left. */
  /** Where it runs; gone at `close`. */
  folder: string
  close(): Promise<void>
}

export async function openRealMlflow(): Promise<RealMlflow> {
  const python = await pythonWith([], readFileSync(LOCK, 'utf8').trim().split('\n'))
  const folder = mkdtempSync(path.join(tmpdir(), 'feedloop-mlflow-'))
  const port = await freePort()
  const address = { url: `http://127.0.0.1:${String(port)}`, ...USER }
  const settings = {
    default_permission: 'EDIT',
    database_uri: 'sqlite:///auth.db',
    admin_username: USER.username,
    admin_password: USER.password,
    authorization_function: 'mlflow.server.auth:authenticate_request_basic_auth',
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`)
  writeFileSync(path.join(folder, 'auth.ini'), `[mlflow]\n${lines.join('')}`)
  let server: ChildProcess | undefined

  async function kill(): Promise<void> {
    if (server?.pid === undefined) return
    const ended = server.exitCode !== null || server.signalCode !== null ? undefined : once(server, 'exit')
    try {
      // Workers are its children: the whole group ends.
      process.kill(-server.pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    await ended
    server = undefined
  }

  return {
    address,
    python,
    folder,
    kill,
    async start() {
      const options = ['--app-name', 'basic-auth', '--allowed-hosts', `127.0.0.1:${String(port)}`]
      const where = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1']
      const stores = ['--backend-store-uri', 'sqlite:///mlflow.db', '--artifacts-destination', './artifacts']
      const started = spawn(
        path.join(path.dirname(python), 'mlflow'),
        ['server', ...options, ...where, ...stores],
        {
          cwd: folder,
          detached: true,
          stdio: 'ignore',
          env: {
            ...process.env,
            // What it leaves there goes with the folder.
            TMPDIR: folder,
            MLFLOW_AUTH_CONFIG_PATH: path.join(folder, 'auth.ini'),
            MLFLOW_FLASK_SERVER_SECRET_KEY: 'of-a-test',
            MLFLOW_DISABLE_TELEMETRY: 'true',
          },
        },
      )
      server = started
      const give = Date.now() + STARTS_WITHIN_MS
      while (!(await answers(address.url))) {
        if (started.exitCode !== null) throw new Error(`mlflow server ended with ${String(started.exitCode)}`)
        if (Date.now() > give) throw new Error('mlflow server does not answer')
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    async close() {
      await kill()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await requestHttp(`${url}/health`)).ok
  } catch {
    // not yet
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
