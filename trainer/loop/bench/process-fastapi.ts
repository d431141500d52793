import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { requestHttp } from '#streams'
import { pythonWith } from '#schemas/testing'
import { until } from '#streams/testing'

const PACKAGES = ['fastapi==0.115.6', 'uvicorn[standard]==0.34.0', 'onnxruntime==1.23.2', 'numpy==2.3.5']

/** FastAPI with this model file, in processes of its own. */
export interface FastApi {
  url: string
  close(): Promise<void>
}

export async function startFastApi(onnx: Uint8Array, workers: number): Promise<FastApi> {
  const python = await pythonWith(PACKAGES)
  const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-fastapi-'))
  const model = path.join(folder, 'model.onnx')
  await writeFile(model, onnx)
  const port = await freePort()
  const app = path.join(import.meta.dirname, 'peers')
  const argv = ['-m', 'uvicorn', 'score_app:app', '--port', String(port), '--workers', String(workers)]
  const child = spawn(python, [...argv, '--log-level', 'error'], {
    cwd: app,
    env: { ...process.env, MODEL: model, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${String(port)}`
  await until('FastAPI to answer', async () => {
    if (child.exitCode !== null) throw new Error('FastAPI ended before it answered.')
    return requestHttp(`${url}/docs`).then(
      ({ status }) => status === 200,
      () => false,
    )
  })
  return {
    url: `${url}/predict`,
    async close() {
      child.kill()
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
