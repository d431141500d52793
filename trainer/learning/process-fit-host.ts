import { Worker } from 'node:worker_threads'
import { FitError } from '../errors.ts'
import type { ProvableModel } from '../export/provable-model.ts'
import type { FitRequest } from './fit-model.ts'
import type { Fitter } from './fitter.ts'
import { createTurns } from './turns.ts'
import type { FitMessage } from './process-fit-worker.ts'

type FitOptions = Parameters<Fitter['fit']>[1]

/** The built worker beside this file, or the TypeScript source through tsx (Node 20 cannot load it by itself). */
function startWorker(request: FitRequest): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const file = isSource ? './process-fit-worker.mjs' : './process-fit-worker.js'
  return new Worker(new URL(file, import.meta.url), {
    execArgv: isSource ? ['--conditions=source'] : [],
    name: 'fit',
    workerData: request,
    transferList: buffersOf(request),
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
}

/**
 * Fits in worker threads of their own: the other cores serve the feed. A fit that is aborted, or takes longer than
 * `fitMsMax`, is ended with its thread; learners are JavaScript, which can be ended at any point.
 */
export function createFitHost({ fitMsMax, atOnce = 1 }: FitHostOptions): Fitter {
  const inTurn = createTurns(atOnce)
  const stopping = new AbortController()
  const asked = new Set<Promise<unknown>>()

  return {
    atOnce,
    fit(request, { signal, progress }) {
      const fit = inTurn(() => {
        const ends = AbortSignal.any([signal, stopping.signal])
        if (ends.aborted) throw new FitError('fit_aborted', 'the fit was given up before it began')
        return fitInThread(request, { signal: ends, progress }, fitMsMax)
      })
      asked.add(fit)
      return fit.finally(() => asked.delete(fit))
    },
    async stop() {
      stopping.abort()
      await Promise.allSettled(asked)
    },
  }
}

async function fitInThread(
  request: FitRequest,
  { signal, progress }: FitOptions,
  fitMsMax: number,
): Promise<ProvableModel> {
  const worker = startWorker(request)
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
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
