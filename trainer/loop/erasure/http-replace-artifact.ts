import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { trackingAddressOf } from '../../tracking/address.ts'
import type { TrackingConfig } from '../../tracking/config.ts'
import { TrackingError } from '../../tracking/errors.ts'
import { openMlflow } from '../../tracking/http-mlflow.ts'
import { TAGS } from '../../tracking/mlflow.ts'
import type { SentNote } from '../../tracking/run-folders.ts'
import type { Replacing } from './fs-erase.ts'

/**
 * A file of a run that was sent to MLflow is put there again first, so that asking again after a failure does the same; a file
 * of no run is nothing of MLflow's.
 */
export function replacingInMlflow(config: TrackingConfig, env: NodeJS.ProcessEnv): Replacing {
  const address = trackingAddressOf(env, config)
  return async (file, written) => {
    const sent = await json<SentNote>(path.join(path.dirname(file), 'sent.json'))
    const run = await json<{ runId: string }>(path.join(path.dirname(file), 'run.json'))
    if (sent === null || run === null) return undefined
    if (address === undefined)
      return `it was sent to MLflow at ${sent.url}: set MLFLOW_TRACKING_URI and ask again, so that it is replaced there, too`
    const mlflow = openMlflow(address, config)
    try {
      const found = (await mlflow.runsTagged(sent.experimentId, TAGS.runId, run.runId)).find(
        ({ runId }) => runId === sent.mlflowRunId,
      )
      if (found !== undefined) await mlflow.putArtifact(found, path.basename(file), await readFile(written))
      return undefined
    } catch (error) {
      if (error instanceof TrackingError) return `${error.message} Then ask again.`
      throw error
    }
  }
}

async function json<T>(file: string): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : (JSON.parse(text) as T)
}
