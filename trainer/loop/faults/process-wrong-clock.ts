import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** What makes a process see another time. */
export interface WrongClock {
  by: 'libfaketime' | 'a shifted Date'
  nodeOptions: readonly string[]
  environment: Readonly<Record<string, string>>
}

/** Debian's package `faketime`. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (system) => `/usr/lib/${system}/faketime/libfaketimeMT.so.1`,
)

/** The system call itself where libfaketime is installed, else Date alone (skewed-clock.mjs). */
export function wrongClock(skewHours: number): WrongClock {
  const library = LIBRARIES.find((path) => existsSync(path))
  if (library !== undefined) {
    const FAKETIME = `${skewHours < 0 ? '' : '+'}${String(skewHours)}h`
    // Node aborts when its monotonic clock is faked, too.
    const environment = { LD_PRELOAD: library, FAKETIME, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
    return { by: 'libfaketime', nodeOptions: [], environment }
  }
  const preload = pathToFileURL(new URL('skewed-clock.mjs', import.meta.url).pathname)
  preload.searchParams.set('ms', String(skewHours * 3_600_000))
  return { by: 'a shifted Date', nodeOptions: ['--import', preload.href], environment: {} }
}
