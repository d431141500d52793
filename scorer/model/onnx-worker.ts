import { parentPort } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import type { FromWorker, TensorShape, ToWorker, WorkerAnswer, WorkerCall } from './onnx-messages.ts'

/**
 * The worker thread that owns every ONNX session of the process: `create()` and `run()` of onnxruntime-node
 * block the thread that calls them. Calls are answered one after another, in order. No door is imported here,
 * so that the thread starts from source (onnx-worker.mjs) and from dist without import conditions.
 */

const OPTIONS: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
}

const sessions = new Map<number, ort.InferenceSession>()

function shapes(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorShape[] {
  return metadata.map((value) =>
    value.isTensor
      ? { name: value.name, type: value.type, shape: [...value.shape] }
      : { name: value.name, type: null, shape: [] },
  )
}

async function answerTo(call: WorkerCall): Promise<WorkerAnswer> {
  switch (call.kind) {
    case 'open': {
      const session = await ort.InferenceSession.create(call.onnx, OPTIONS)
      await sessions.get(call.session)?.release()
      sessions.set(call.session, session)
      return {
        kind: 'opened',
        inputs: shapes(session.inputMetadata),
        outputs: shapes(session.outputMetadata),
      }
    }
    case 'run': {
      const session = sessions.get(call.session)
      if (session === undefined) return { kind: 'failed', message: `session ${call.session} is not open` }
      const vectors = new ort.Tensor('float32', call.vectors, [call.rows, call.width])
      const results = await session.run({ [call.input]: vectors }, [call.output])
      const scores = results[call.output]
      if (scores === undefined || !(scores.data instanceof Float32Array)) {
        return { kind: 'failed', message: `output '${call.output}' is not float32` }
      }
      return { kind: 'scores', scores: scores.data }
    }
    case 'close': {
      await sessions.get(call.session)?.release()
      sessions.delete(call.session)
      return { kind: 'closed' }
    }
    case 'leave': {
      for (const session of sessions.values()) await session.release()
      process.exit(0)
    }
  }
}

if (parentPort !== null) {
  const port = parentPort
  let last: Promise<void> = Promise.resolve()
  port.on('message', ({ call, ...what }: ToWorker) => {
    last = last
      .then(() => answerTo(what))
      .catch((cause: unknown): WorkerAnswer => ({ kind: 'failed', message: String(cause) }))
      .then((answer) => {
        const message: FromWorker = { call, ...answer }
        port.postMessage(message, answer.kind === 'scores' ? [answer.scores.buffer as ArrayBuffer] : [])
      })
  })
}
