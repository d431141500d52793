import { readFile } from 'node:fs/promises'

const KIB_PER_MIB = 1_024

/** Resident memory of a process; null where the system does not say. */
export const residentMib = (pid: number): Promise<number | null> => statusMib(pid, 'VmRSS')

/** The most that it ever was. */
export const peakResidentMib = (pid: number): Promise<number | null> => statusMib(pid, 'VmHWM')

async function statusMib(pid: number, name: string): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? []
  return kib === undefined ? null : Number(kib) / KIB_PER_MIB
}
