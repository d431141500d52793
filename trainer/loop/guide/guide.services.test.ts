import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { guideSteps, linesMissing } from './guide-chapters.ts'

const run = promisify(execFile)
const root = path.resolve(import.meta.dirname, '..', '..', '..')
const feedloop = path.join(root, 'streams', 'setup', 'feedloop.mjs')
const steps = guideSteps(readFileSync(path.join(root, 'trainer', 'GUIDE.md'), 'utf8'))
/** Shown items in the file that a reader brings. */
const OWN_ROWS = 6_000

let top: string
/** Where the reader is. */
let folder: string
beforeAll(() => void (folder = top = mkdtempSync(path.join(tmpdir(), 'feedloop-guide-'))))
afterAll(() => rmSync(top, { recursive: true }))

/** A file of the reader's own: what somebody exported, and nothing beside it. */
function bringOwnFile(): void {
  const lines = readFileSync(path.join(folder, 'data', 'impressions.csv'), 'utf8').split('\n')
  mkdirSync(path.join(folder, 'mine'))
  writeFileSync(path.join(folder, 'mine', 'shown.csv'), `${lines.slice(0, OWN_ROWS + 1).join('\n')}\n`)
}

/** @returns what it printed; `cd` moves the reader */
async function typed(command: string): Promise<string> {
  const [, target] = /^cd (\S+)$/.exec(command) ?? []
  if (target !== undefined) {
    folder = path.join(folder, target)
    bringOwnFile()
    return ''
  }
  const [, words] = /^npx feedloop (.+)$/.exec(command) ?? []
  if (words === undefined) throw new Error(`The guide has something else typed: ${command}`)
  const argv = words.split(' ').map((word) => word.replace('runs/ID', newestRun()))
  const { stdout } = await run(process.execPath, [feedloop, ...argv], { cwd: folder })
  return stdout
}

function newestRun(): string {
  try {
    return path.join('runs', readdirSync(path.join(folder, 'runs')).sort().at(-1)!)
  } catch {
    return 'runs'
  }
}

it.each(steps.map((step, at) => ({ ...step, name: `step ${String(at + 1)}: ${step.commands[0]!}` })))(
  'the guide holds, $name',
  async ({ commands, shown }) => {
    let printed = ''
    for (const command of commands) printed += await typed(command)
    expect(linesMissing(shown, printed), printed).toEqual([])
  },
)
