import { Worker } from 'node:worker_threads'
import { ModelCallError, type ModelCallFailure } from './errors.ts'
import type { FromWorker, TensorShape, ToWorker, WorkerAnswer, WorkerCall } from './onnx-messages.ts'

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

interface Pending {
  resolve(answer: WorkerAnswer): void
  reject(error: ModelCallError): void
  timer: NodeJS.Timeout
}

/** One life of the worker thread. */
interface Life {
  worker: Worker
  pending: Map<number, Pending>
  /** Sessions that are open in this life. */
  opened: Set<number>
}

/** Threads that were given up in the middle of a native call and have not come back. */
const HUNG_THREADS_MAX = 2
const RESTART_MS_FIRST = 100
const RESTART_MS_MAX = 10_000

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
  let life: Life | undefined
  let lastSession = 0
  let lastCall = 0
  let deathsInARow = 0
  let startNotBeforeMs = 0
  let hungThreads = 0

  function end(ended: Life, code: ModelCallFailure, message: string, cause?: unknown): void {
    if (life !== ended) return
    life = undefined
    deathsInARow += 1
    const pauseMs =
      deathsInARow === 1 ? 0 : Math.min(RESTART_MS_FIRST * 2 ** (deathsInARow - 2), RESTART_MS_MAX)
    startNotBeforeMs = performance.now() + pauseMs
    for (const { reject, timer } of ended.pending.values()) {
      clearTimeout(timer)
      reject(new ModelCallError(code, message, { cause }))
    }
    ended.pending.clear()
  }

  /**
   * A thread is asked to leave, never terminated: `terminate()` while ONNX Runtime is in a native call aborts the
   * whole process ("terminate called after throwing an instance of 'Napi::Error'", exit code 134).
   */
  function leave({ worker }: Life): Promise<void> {
    worker.ref()
    return new Promise((resolve) => {
      worker.once('exit', () => resolve())
      const message: ToWorker = { kind: 'leave', call: 0 }
      worker.postMessage(message)
    })
  }

  function abandon(hung: Life): void {
    end(hung, 'call_timeout', `no answer from the ONNX worker within ${callMsMax} ms`)
    hungThreads += 1
    void leave(hung).then(() => (hungThreads -= 1))
    // The process need not wait for it.
    hung.worker.unref()
  }

  function begin(): Life {
    if (performance.now() < startNotBeforeMs) {
      throw new ModelCallError(
        'worker_died',
        `the ONNX worker died ${deathsInARow} times in a row; the next start waits`,
      )
    }
    if (hungThreads >= HUNG_THREADS_MAX) {
      throw new ModelCallError(
        'worker_died',
        `${hungThreads} ONNX workers hang in a native call; no other is started`,
      )
    }
    const begun: Life = { worker: startWorker(), pending: new Map(), opened: new Set() }
    begun.worker.on('message', ({ call, ...answer }: FromWorker) => {
      const pending = begun.pending.get(call)
      if (pending === undefined) return
      begun.pending.delete(call)
      if (begun.pending.size === 0) begun.worker.unref()
      clearTimeout(pending.timer)
      deathsInARow = 0
      pending.resolve(answer)
    })
    begun.worker.on('error', (cause) =>
      end(begun, 'worker_died', `the ONNX worker died: ${cause.message}`, cause),
    )
    begun.worker.on('exit', (code) => end(begun, 'worker_died', `the ONNX worker left with code ${code}`))
    begun.worker.unref()
    life = begun
    return begun
  }

  function ask(at: Life, what: WorkerCall): Promise<WorkerAnswer> {
    return new Promise((resolve, reject) => {
      if (at.pending.size >= callsMax) {
        reject(new ModelCallError('queue_full', `${callsMax} calls already wait for the ONNX worker`))
        return
      }
      const call = ++lastCall
      const timer = setTimeout(() => abandon(at), callMsMax)
      if (at.pending.size === 0) at.worker.ref()
      at.pending.set(call, { resolve, reject, timer })
      const message: ToWorker = { call, ...what }
      at.worker.postMessage(message)
    })
  }

  /** Calls are answered in order, so a session that is not open in this life is opened just before. */
  function reopen(at: Life, session: number): Promise<WorkerAnswer> | undefined {
    if (at.opened.has(session)) return undefined
    const onnx = files.get(session)
    if (onnx === undefined) throw new ModelCallError('session_closed', 'the model session was closed')
    at.opened.add(session)
    return ask(at, { kind: 'open', session, onnx }).then((answer) => {
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
        const answer = await ask(at, { kind: 'open', session, onnx })
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
      const running = ask(at, { kind: 'run', session, ...call })
      const [, answer] = await Promise.all([opening, running])
      if (answer.kind !== 'scores') throw new ModelCallError('run_failed', failureText(answer))
      return answer.scores
    },
    async close(session) {
      if (!files.delete(session)) return
      if (life?.opened.delete(session) === true) await ask(life, { kind: 'close', session })
    },
    async stop() {
      const ended = life
      if (ended === undefined) return
      files.clear()
      end(ended, 'session_closed', 'the ONNX worker was stopped')
      deathsInARow = 0
      startNotBeforeMs = 0
      await leave(ended)
    },
  }
}

function failureText(answer: WorkerAnswer): string {
  return answer.kind === 'failed' ? answer.message : `unexpected answer '${answer.kind}'`
}
