/** Deletes these subjects for good: first as the registry wants it, softly, then permanently. Best effort. */
export async function forgetSubjects(registryUrl: string, subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) {
    const url = `${registryUrl}/subjects/${encodeURIComponent(subject)}`
    for (const address of [url, `${url}?permanent=true`]) {
      await fetch(address, { method: 'DELETE', signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    }
  }
}
