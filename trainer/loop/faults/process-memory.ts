import { readFile } from 'node:fs/promises'

const KIB_PER_MIB = 1_024

/** Resident memory of a process; null where the system does not say. */
export async function residentMib(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  return kib === undefined ? null : Number(kib) / KIB_PER_MIB
}
