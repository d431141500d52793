import { type RegistryAddress, requestRegistry } from '#schemas'

/** Deletes these subjects for good: first as the registry wants it, softly, then permanently. Best effort. */
export async function forgetSubjects(address: RegistryAddress, subjects: readonly string[]): Promise<void> {
  for (const subject of subjects) {
    const path = `/subjects/${encodeURIComponent(subject)}`
    for (const each of [path, `${path}?permanent=true`]) {
      await requestRegistry(address, each, { method: 'DELETE' }).catch(() => undefined)
    }
  }
}
