import { readFile } from 'node:fs/promises'

/** Memory that a process holds, as the system counts it (Linux). @throws Error when there is no such process */
export async function rssMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_024
}
