import type { SubjectFacts } from './judge-surroundings.ts'

const REQUEST_MS_MAX = 3_000

/** @throws why it does not answer */
export async function askRegistry(url: string, subjects: readonly string[]): Promise<SubjectFacts[]> {
  const registered = new Set((await get(`${url}/subjects`)) as string[])
  return Promise.all(
    subjects.map(async (subject) => {
      if (!registered.has(subject)) return { subject, isRegistered: false, compatibility: null }
      const found = (await get(`${url}/config/${subject}`)) as { compatibilityLevel?: string } | null
      return { subject, isRegistered: true, compatibility: found?.compatibilityLevel ?? null }
    }),
  )
}

/** null: not found. */
async function get(address: string): Promise<unknown> {
  const { username, password, ...parts } = splitUser(address)
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const response = await fetch(parts.url, {
    signal: AbortSignal.timeout(REQUEST_MS_MAX),
    ...(username === '' ? {} : { headers: { authorization } }),
  })
  if (response.status === 404) return null
  if (!response.ok) throw new Error(`GET ${parts.url} answers ${response.status}`)
  return response.json()
}

function splitUser(address: string): { url: string; username: string; password: string } {
  const url = new URL(address)
  const { username, password } = url
  url.username = url.password = ''
  return { url: url.href, username: decodeURIComponent(username), password: decodeURIComponent(password) }
}
