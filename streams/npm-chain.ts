/** A process as the system tells it. */
export interface ProcessFacts {
  parent: number
  /** null: this system does not say. */
  session: number | null
  argv: readonly string[]
}

/** null: there is no such process. */
export type LookUp = (pid: number) => ProcessFacts | null

/** Between npm and us there are a shell or two. */
const LINKS_MAX = 8

/** As they name themselves (`npm exec feedloop`), or the script that their Node runs (`pnpm.cjs`, `yarn-4.1.0.cjs`). */
const STARTERS = /^(np[mx]|pnp[mx]|yarn(pkg)?|bunx?)([.-][\w.-]+)?$/

/**
 * From this process up to the npm (npx, pnpm, yarn, bun) that started it; null when none did, or when a process between
 * them has begun a session of its own (setsid, a detached child): it is meant to outlive what started it.
 */
export function chainToNpm(pid: number, lookUp: LookUp): readonly number[] | null {
  const chain = [pid]
  const session = lookUp(pid)?.session
  for (let facts = lookUp(pid); facts !== null && chain.length < LINKS_MAX;) {
    const { parent } = facts
    chain.push(parent)
    facts = lookUp(parent)
    if (facts === null || facts.session !== session) return null
    if (isNpm(facts.argv)) return chain
  }
  return null
}

/** Whether each process of the chain is still the child of the next: whoever loses its parent gets another one. */
export function isWhole(chain: readonly number[], lookUp: LookUp): boolean {
  return chain.every((pid, i) => i === chain.length - 1 || lookUp(pid)?.parent === chain[i + 1])
}

function isNpm([program = '', script = '']: readonly string[]): boolean {
  return STARTERS.test(nameOf(program)) || STARTERS.test(nameOf(script))
}

/** Of a title (`npm exec feedloop run all`) or a path. */
const nameOf = (text: string) => /^\S*?([^/\s]*)(\s|$)/.exec(text)?.[1] ?? ''
