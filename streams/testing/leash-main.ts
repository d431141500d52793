/** Entry of the process at the other end of a leash (process-leash.ts): one thing to undo per line. */
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { killProcess, type Leashed } from './process-leash.ts'

const run = promisify(execFile)
const leashed: Leashed[] = []

// Ctrl-C reaches the test; this process goes when the test has gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
for await (const line of createInterface({ input: process.stdin })) leashed.push(JSON.parse(line) as Leashed)
for (const each of leashed.reverse()) await undo(each).catch(() => undefined) // undone already

async function undo(each: Leashed): Promise<void> {
  switch (each.kind) {
    case 'process':
      return killProcess(each)
    case 'command':
      return void (await run(each.command, [...each.args]))
    case 'folder':
      return rm(each.folder, { recursive: true, force: true })
  }
}
