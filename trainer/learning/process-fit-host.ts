import { Worker } from 'node:worker_threads'
import { FitError } from '../errors.ts'
import type { ProvableModel } from '../export/provable-model.ts'
import type { FitRequest } from './fit-model.ts'
import type { Fitter } from './fitter.ts'
import { createTurns } from './turns.ts'
import type { FitMessage, FitThread } from './process-fit-worker.ts'

type FitOptions = Parameters<Fitter['fit']>[1]

/** The built worker beside this file, or the TypeScript source through tsx (Node 20 cannot load it by itself). */
function startWorker(niceness: number): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const file = isSource ? './process-fit-worker.mjs' : './process-fit-worker.js'
  return new Worker(new URL(file, import.meta.url), {
    execArgv: isSource ? ['--conditions=source'] : [],
    name: 'fit',
    workerData: { niceness } satisfies FitThread,
  })
}

/** The rows are moved, not copied. */
function buffersOf({ rows, goldenVectors }: FitRequest): ArrayBuffer[] {
  const columns = [...Object.values(rows), goldenVectors].filter((value) => ArrayBuffer.isView(value))
  return [...new Set(columns.map(({ buffer }) => buffer as ArrayBuffer))]
}

export interface FitHostOptions {
  fitMsMax: number
  /** Fits at once, each in a thread of its own; others wait. */
  atOnce?: number
  /** Whether a thread waits for the next fit, code compiled and ready; otherwise it ends, and its memory is free. */
  keepsThreads?: boolean
  /** How far its threads stand back behind all else on the machine, 0 to 19: on Linux, elsewhere they do not. */
  niceness?: number
}

/**
 * Fits in worker threads of their own: the other cores serve the feed. A fit that is aborted, or takes longer than
 * `fitMsMax`, is ended with its thread; learners are JavaScript, which can be ended at any point.
 */
export function createFitHost({
  fitMsMax,
  atOnce = 1,
  keepsThreads = false,
  niceness = 0,
}: FitHostOptions): Fitter {
  const inTurn = createTurns(atOnce)
  const stopping = new AbortController()
  const asked = new Set<Promise<unknown>>()
  const idle: Worker[] = []

  async function fitInThread(request: FitRequest, options: FitOptions): Promise<ProvableModel> {
    const worker = idle.pop() ?? startWorker(niceness)
    let isReady = false
    try {
      const model = await answerOf(worker, request, options, fitMsMax)
      isReady = keepsThreads
      return model
    } finally {
      // One by one: without those that Node adds itself a thread hears nothing more.
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
      if (isReady) {
        // It keeps no process alive by waiting.
        worker.unref()
        idle.push(worker)
      } else {
        await worker.terminate()
      }
    }
  }

  return {
    atOnce,
    fit(request, { signal, progress }) {
      const fit = inTurn(() => {
        const ends = AbortSignal.any([signal, stopping.signal])
        if (ends.aborted) throw new FitError('fit_aborted', 'the fit was given up before it began')
        return fitInThread(request, { signal: ends, progress })
      })
      asked.add(fit)
      return fit.finally(() => asked.delete(fit))
    },
    async stop() {
      stopping.abort()
      await Promise.allSettled(asked)
      await Promise.all(idle.splice(0).map((worker) => worker.terminate()))
    },
  }
}

async function answerOf(
  worker: Worker,
  request: FitRequest,
  { signal, progress }: FitOptions,
  fitMsMax: number,
): Promise<ProvableModel> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<ProvableModel>((resolve, reject) => {
      const fail = (code: FitError['code'], message: string, cause?: unknown) =>
        reject(new FitError(code, message, { cause }))
      timer = setTimeout(() => fail('fit_timeout', `no model after ${String(fitMsMax)} ms`), fitMsMax)
      signal.addEventListener('abort', () => fail('fit_aborted', 'the fit was given up'), { once: true })
      worker.on('error', (cause) =>
        fail('fit_worker_died', `the thread of the fit died: ${cause.message}`, cause),
      )
      worker.on('exit', (code) =>
        fail('fit_worker_died', `the thread of the fit left with code ${String(code)}`),
      )
      worker.on('message', (message: FitMessage) => {
        if (message.kind === 'progress') progress(message.share)
        else if (message.kind === 'fitted') resolve(message.model)
        else fail('fit_failed', message.message)
      })
      worker.ref()
      worker.postMessage(request, buffersOf(request))
    })
  } finally {
    clearTimeout(timer)
  }
}
