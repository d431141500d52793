import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Names the file for the list of failed ones; nowhere: none is written. */
export const FAILED_FILES_VARIABLE = 'FEEDLOOP_FAILED_FILES'

/** Writes which files of a run failed, one a line, for whoever runs them again alone (.ci/run). */
export function listFailedFiles(file: string | undefined): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      if (file === undefined) return
      const failed = new Set(
        modules.filter((module) => !module.ok()).map((module) => module.relativeModuleId),
      )
      writeFileSync(file, [...failed].map((name) => `${name}\n`).join(''))
    },
  }
}
