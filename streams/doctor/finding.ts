/** What one check came to. */
export interface Finding {
  check: string
  verdict: 'ok' | 'warning' | 'failed'
  /** What was found, in one sentence. */
  found: string
  /** What to do about it, in one sentence; null when it is ok. */
  action: string | null
}

export const ok = (check: string, found: string): Finding => ({ check, verdict: 'ok', found, action: null })
export const warning = (check: string, found: string, action: string): Finding => ({
  check,
  verdict: 'warning',
  found,
  action,
})
export const failed = (check: string, found: string, action: string): Finding => ({
  check,
  verdict: 'failed',
  found,
  action,
})

/** A check that could not be made: no permission, or a server that does not know the question. */
export const unknown = (check: string, why: string): Finding =>
  warning(check, `not checked: ${why}`, 'Allow the user this question, or look yourself.')

export const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`
