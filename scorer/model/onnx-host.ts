import { Worker } from 'node:worker_threads'
import { ModelCallError } from './errors.ts'
import { beginOnnxLife, type OnnxLife } from './onnx-life.ts'
import type { TensorShape, WorkerAnswer } from './onnx-messages.ts'
import { createOnnxRestarts } from './onnx-restarts.ts'

export interface OnnxHostOptions {
  /** Calls that may wait for the worker; one more is refused. */
  callsMax: number
  /** How long one call may take before the worker counts as hung and is replaced. */
  callMsMax: number
  /** For tests: starts the worker thread. */
  startWorker?: () => Worker
}

export const ONNX_HOST_DEFAULTS: OnnxHostOptions = { callsMax: 1_024, callMsMax: 10_000 }

/** Sessions in a worker thread, by number. Survives the death of the thread: sessions are opened anew. */
export interface OnnxHost {
  open(onnx: Uint8Array): Promise<{ session: number; inputs: TensorShape[]; outputs: TensorShape[] }>
  run(
    session: number,
    call: { input: string; output: string; vectors: Float32Array; rows: number; width: number },
  ): Promise<Float32Array>
  close(session: number): Promise<void>
  /** Ends the worker thread; open sessions are lost. */
  stop(): Promise<void>
}

/** The built worker beside this file, or the TypeScript source through tsx (Node 20 cannot load it by itself). */
export function startOnnxWorker(): Worker {
  const file = import.meta.url.endsWith('.ts') ? './onnx-worker.mjs' : './onnx-worker.js'
  return new Worker(new URL(file, import.meta.url), { execArgv: [], name: 'onnx' })
}

/**
 * Owns the worker thread. The thread starts with the first call and keeps the process alive only while a call
 * is pending. When it dies every pending call is rejected with `worker_died` and the next call starts a new one;
 * from the second death in a row on only after a pause, which doubles.
 */
export function createOnnxHost({
  callsMax,
  callMsMax,
  startWorker = startOnnxWorker,
}: OnnxHostOptions): OnnxHost {
  const files = new Map<number, Uint8Array>()
  const restarts = createOnnxRestarts()
  let life: OnnxLife | undefined
  let lastSession = 0

  function begin(): OnnxLife {
    restarts.checkStart()
    life = beginOnnxLife(startWorker(), {
      callsMax,
      callMsMax,
      onAnswer: () => restarts.noteAnswer(),
      onEnd() {
        life = undefined
        restarts.noteDeath()
      },
      onHung: (left) => restarts.noteHung(left),
    })
    return life
  }

  /** Calls are answered in order, so a session that is not open in this life is opened just before. */
  function reopen(at: OnnxLife, session: number): Promise<WorkerAnswer> | undefined {
    if (at.opened.has(session)) return undefined
    const onnx = files.get(session)
    if (onnx === undefined) throw new ModelCallError('session_closed', 'the model session was closed')
    at.opened.add(session)
    return at.ask({ kind: 'open', session, onnx }).then((answer) => {
      if (answer.kind !== 'opened') at.opened.delete(session)
      return answer
    })
  }

  return {
    async open(onnx) {
      const session = ++lastSession
      files.set(session, onnx)
      try {
        const at = life ?? begin()
        at.opened.add(session)
        const answer = await at.ask({ kind: 'open', session, onnx })
        if (answer.kind !== 'opened') throw new ModelCallError('run_failed', failureText(answer))
        return { session, inputs: answer.inputs, outputs: answer.outputs }
      } catch (error) {
        files.delete(session)
        throw error
      }
    },
    async run(session, call) {
      const at = life ?? begin()
      const opening = reopen(at, session)
      const running = at.ask({ kind: 'run', session, ...call })
      const [, answer] = await Promise.all([opening, running])
      if (answer.kind !== 'scores') throw new ModelCallError('run_failed', failureText(answer))
      return answer.scores
    },
    async close(session) {
      if (!files.delete(session)) return
      if (life?.opened.delete(session) === true) await life.ask({ kind: 'close', session })
    },
    async stop() {
      const ended = life
      if (ended === undefined) return
      files.clear()
      ended.end('session_closed', 'the ONNX worker was stopped')
      restarts.reset()
      await ended.leave()
    },
  }
}

function failureText(answer: WorkerAnswer): string {
  return answer.kind === 'failed' ? answer.message : `unexpected answer '${answer.kind}'`
}
