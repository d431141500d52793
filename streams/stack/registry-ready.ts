import { type RegistryAddress, registryRefusal, registrySettingsOf, requestRegistry } from '#schemas'
import { STACK_HEADER } from './launch.ts'

const REQUEST_LIMIT_MS = 3_000

/** One try: the list of subjects comes, and from our process when `stackId` is given. */
export async function checkRegistry(address: RegistryAddress, stackId?: string): Promise<void> {
  let response: Response
  try {
    response = await requestRegistry(address, '/subjects', { requestMs: REQUEST_LIMIT_MS })
  } catch (error) {
    // fetch says only "fetch failed"; why is one level down.
    throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error
  }
  const { host } = registrySettingsOf(address)
  const body = await response.text()
  if (!response.ok) throw new Error(registryRefusal(address, host, '/subjects', response.status))
  if (!body.startsWith('['))
    throw new Error(`GET ${host}/subjects does not answer a list; is the path right?`)
  const answering = response.headers.get(STACK_HEADER)
  if (stackId !== undefined && answering !== stackId) throw new Error('another registry answers there')
}
