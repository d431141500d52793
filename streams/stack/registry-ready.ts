import { STACK_HEADER } from './launch.ts'

const REQUEST_LIMIT_MS = 3_000

/** One try: the list of subjects comes, and from our process when `stackId` is given. */
export async function checkRegistry(url: string, stackId?: string): Promise<void> {
  let response: Response
  try {
    response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) })
  } catch (error) {
    // fetch says only "fetch failed"; why is one level down.
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error
  }
  const body = await response.text()
  if (!response.ok) throw new Error(`GET ${url}/subjects answers ${response.status}`)
  if (!body.startsWith('[')) throw new Error(`GET ${url}/subjects does not answer a list; is the path right?`)
  const answering = response.headers.get(STACK_HEADER)
  if (stackId !== undefined && answering !== stackId) throw new Error('another registry answers there')
}
