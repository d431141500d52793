import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { type Measured, type ResultFile, resultFileText } from './result-file.ts'

/** Where and how this process measures. */
export function measuredHere(script: string): Measured {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: { cpus: availableParallelism(), model: cpus()[0]?.model ?? '', node: process.version },
    commit: commitHere(),
    command: commandOf(script, process.argv.slice(2)),
  }
}

/** What `--json FILE` of a benchmark writes. */
export function writeResults(file: string, script: string, results: Omit<ResultFile, 'measured'>): void {
  writeFileSync(file, resultFileText({ measured: measuredHere(script), ...results }))
}

/** The command as it is typed again: without the file its results went to. */
export function commandOf(script: string, argv: readonly string[]): string {
  const words = argv.filter((word, at) => word !== '--json' && argv[at - 1] !== '--json')
  return words.length === 0 ? `npm run ${script}` : `npm run ${script} -- ${words.join(' ')}`
}

/** With a `+` when files were changed since. */
function commitHere(): string {
  try {
    const git = (...argv: string[]) => execFileSync('git', argv, { encoding: 'utf8', stdio: 'pipe' }).trim()
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '-uno') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
