import { setPriority } from 'node:os'

/** Others get the processors first: 0 as everybody, 19 what is left. Linux alone; a thread has its own. */
export function standBack(niceness: number): void {
  if (niceness > 0 && process.platform === 'linux') setPriority(niceness)
}
