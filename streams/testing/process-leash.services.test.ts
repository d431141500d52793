import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { startTokenOf } from '../stack/process-identity.ts'

const leashFile = new URL('process-leash.ts', import.meta.url).href

/** A process that puts another one and a folder on a leash, and then only waits. */
async function leashHolder(folder: string): Promise<{ holder: ChildProcess; pid: number }> {
  const code = `
    import { spawn } from 'node:child_process'
    import { openLeash } from ${JSON.stringify(leashFile)}
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    const leash = openLeash()
    leash.folder(${JSON.stringify(folder)})
    await leash.process(child.pid)
    console.log(child.pid)
    setInterval(() => undefined, 1000)`
  const argv = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', code]
  const holder = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(holder.stdout!, 'data')) as [Buffer]
  return { holder, pid: Number(line.toString()) }
}

it.each(['SIGKILL', 'SIGINT'] as const)(
  'what is on a leash goes when its holder is ended by %s',
  async (signal) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'feedloop-leash-'))
    const { holder, pid } = await leashHolder(folder)
    expect(await startTokenOf(pid)).toBeDefined()
    holder.kill(signal)
    await expect.poll(() => startTokenOf(pid)).toBeUndefined()
    await expect.poll(() => stat(folder).catch(() => 'gone')).toBe('gone')
  },
)
