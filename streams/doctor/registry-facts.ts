import { type RegistryAddress, registryRefusal, registrySettingsOf, requestRegistry } from '#schemas'
import type { SubjectFacts } from './judge-surroundings.ts'

const REQUEST_MS_MAX = 3_000

/** @throws why it does not answer */
export async function askRegistry(
  address: RegistryAddress,
  subjects: readonly string[],
): Promise<SubjectFacts[]> {
  const registered = new Set((await get(address, '/subjects')) as string[])
  return Promise.all(
    subjects.map(async (subject) => {
      if (!registered.has(subject)) return { subject, isRegistered: false, compatibility: null }
      const found = (await get(address, `/config/${encodeURIComponent(subject)}`)) as {
        compatibilityLevel?: string
      } | null
      return { subject, isRegistered: true, compatibility: found?.compatibilityLevel ?? null }
    }),
  )
}

/** null: not found. */
async function get(address: RegistryAddress, path: string): Promise<unknown> {
  const response = await requestRegistry(address, path, { requestMs: REQUEST_MS_MAX })
  if (response.status === 404 && path !== '/subjects') return null
  if (!response.ok)
    throw new Error(registryRefusal(address, registrySettingsOf(address).host, path, response.status))
  return response.json()
}
