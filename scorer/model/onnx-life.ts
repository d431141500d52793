import type { Worker } from 'node:worker_threads'
import { ModelCallError, type ModelCallFailure } from './errors.ts'
import type { FromWorker, ToWorker, WorkerAnswer, WorkerCall } from './onnx-messages.ts'

export interface OnnxLifeOptions {
  /** Calls that may wait for the worker; one more is refused. */
  callsMax: number
  /** How long one call may take before the worker counts as hung. */
  callMsMax: number
  onAnswer(): void
  /** Once, whether it died, hung or was ended. */
  onEnd(): void
  /** A call was not answered in time; the thread was asked to leave. */
  onHung(left: Promise<void>): void
}

/** One life of the worker thread, which keeps the process alive only while a call is pending. */
export interface OnnxLife {
  /** Sessions that are open in this life. */
  readonly opened: Set<number>
  ask(what: WorkerCall): Promise<WorkerAnswer>
  /** Rejects the pending calls. The thread goes on until it leaves. */
  end(code: ModelCallFailure, message: string, cause?: unknown): void
  /** Resolves when the thread is gone. */
  leave(): Promise<void>
}

interface Pending {
  resolve(answer: WorkerAnswer): void
  reject(error: ModelCallError): void
  timer: NodeJS.Timeout
}

export function beginOnnxLife(worker: Worker, options: OnnxLifeOptions): OnnxLife {
  const { callsMax, callMsMax, onAnswer, onEnd, onHung } = options
  const pending = new Map<number, Pending>()
  let lastCall = 0
  let isEnded = false

  function end(code: ModelCallFailure, message: string, cause?: unknown): void {
    if (isEnded) return
    isEnded = true
    onEnd()
    for (const { reject, timer } of pending.values()) {
      clearTimeout(timer)
      reject(new ModelCallError(code, message, { cause }))
    }
    pending.clear()
  }

  function giveUp(): void {
    end('call_timeout', `no answer from the ONNX worker within ${callMsMax} ms`)
    onHung(leaving(worker))
    // The process need not wait for it.
    worker.unref()
  }

  worker.on('message', ({ call, ...answer }: FromWorker) => {
    const asked = pending.get(call)
    if (asked === undefined) return
    pending.delete(call)
    if (pending.size === 0) worker.unref()
    clearTimeout(asked.timer)
    onAnswer()
    asked.resolve(answer)
  })
  worker.on('error', (cause) => end('worker_died', `the ONNX worker died: ${cause.message}`, cause))
  worker.on('exit', (code) => end('worker_died', `the ONNX worker left with code ${code}`))
  worker.unref()

  return {
    opened: new Set(),
    ask(what) {
      return new Promise((resolve, reject) => {
        if (pending.size >= callsMax) {
          reject(new ModelCallError('queue_full', `${callsMax} calls already wait for the ONNX worker`))
          return
        }
        const call = ++lastCall
        const timer = setTimeout(giveUp, callMsMax)
        if (pending.size === 0) worker.ref()
        pending.set(call, { resolve, reject, timer })
        const message: ToWorker = { call, ...what }
        worker.postMessage(message)
      })
    },
    end,
    leave: () => leaving(worker),
  }
}

/**
 * A thread is asked to leave, never terminated: `terminate()` while ONNX Runtime is in a native call aborts the
 * whole process ("terminate called after throwing an instance of 'Napi::Error'", exit code 134).
 */
function leaving(worker: Worker): Promise<void> {
  worker.ref()
  return new Promise((resolve) => {
    worker.once('exit', () => resolve())
    const message: ToWorker = { kind: 'leave', call: 0 }
    worker.postMessage(message)
  })
}
