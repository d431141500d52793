import type { RegistryAccess } from '#schemas'
import { said, secretEnvironment, secretOf, tlsEnvironment, tlsOf } from './access-environment.ts'

type Environment = Readonly<Record<string, string | undefined>>

const USERNAME = 'FEEDLOOP_REGISTRY_USERNAME'
const PASSWORD = 'FEEDLOOP_REGISTRY_PASSWORD'
const TOKEN = 'FEEDLOOP_REGISTRY_TOKEN'
const TLS = 'FEEDLOOP_REGISTRY_TLS'

/**
 * Login and TLS: the configuration, each field overruled by its variable.
 *
 * @throws AddressInvalidError naming the variable
 */
export function registryAccessOf(env: Environment, configured: RegistryAccess): RegistryAccess {
  const username = said(env, USERNAME) ?? configured.username
  const password = secretOf(env, PASSWORD, configured.password)
  const token = secretOf(env, TOKEN, configured.token)
  const tls = tlsOf(env, TLS, configured.tls)
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  }
}

/** What `registryAccessOf` reads in another process. */
export function registryAccessEnvironment({
  username,
  password,
  token,
  tls,
}: RegistryAccess): Record<string, string> {
  return {
    ...(username === undefined ? {} : { [USERNAME]: username }),
    ...secretEnvironment(PASSWORD, password),
    ...secretEnvironment(TOKEN, token),
    ...tlsEnvironment(TLS, tls),
  }
}
