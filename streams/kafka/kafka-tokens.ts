import { KafkaTransientError, OperatorError } from '../errors.ts'
import { readSecret } from '../fs-secret.ts'
import { requestHttp } from '../http-client.ts'
import type { KafkaSasl, TokenProvider } from '../kafka-security.ts'
import { asFinal } from './kafka-errors.ts'

/** A token is renewed so long before its end that nobody refuses it on the way. */
const RENEW_BEFORE_MS = 30_000
const REQUEST_MS = 5_000
/** A token endpoint need not say how long its token is good. */
const GOOD_FOR_SECONDS_DEFAULT = 60

interface Token {
  value: string
  endsAtMs: number
}
type TokenSasl = Exclude<KafkaSasl, { username: string }>

/** The token to log in with now: kept until shortly before its end. */
export function tokensOf(sasl: TokenSasl, nowMs = () => Date.now()): TokenProvider {
  if (sasl.mechanism === 'oauthbearer' && sasl.token !== undefined) return sasl.token
  const fetchToken = sasl.mechanism === 'aws-msk-iam' ? signedBy(sasl.region) : () => askToken(sasl, nowMs)
  let kept: Token | undefined
  return async () => {
    if (kept === undefined || kept.endsAtMs - RENEW_BEFORE_MS <= nowMs()) kept = await fetchToken()
    return kept.value
  }
}

/** Signed with what the AWS SDK finds. Its package is only loaded where it is used. */
function signedBy(region: string): () => Promise<Token> {
  return async () => {
    const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js')
    try {
      const { token, expiryTime } = await generateAuthToken({ region })
      return { value: token, endsAtMs: expiryTime }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw loginError(`No token for MSK in ${region} can be signed: ${why}. Check the AWS credentials.`)
    }
  }
}

/** Client credentials: RFC 6749, 4.4, the client named by HTTP Basic (2.3.1). */
async function askToken(
  { tokenUrl, clientId, clientSecret, scope }: Extract<TokenSasl, { mechanism: 'oauthbearer' }>,
  nowMs: () => number,
): Promise<Token> {
  const url = tokenUrl!
  const secret = readSecret(clientSecret!, 'The client secret (kafka.sasl.clientSecret)')
  const askedAtMs = nowMs()
  const form = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }
  let answer: Response
  try {
    answer = await requestHttp(url, {
      method: 'POST',
      form,
      basic: { user: encodeURIComponent(clientId!), password: encodeURIComponent(secret) },
      requestMs: REQUEST_MS,
    })
  } catch (error) {
    const why =
      error instanceof Error ? String((error.cause as Error | undefined)?.message ?? error.message) : ''
    const unreachable = new KafkaTransientError(`The token endpoint ${url} does not answer: ${why}`)
    throw Object.assign(unreachable, { retriable: true })
  }
  const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>
  if (!answer.ok) {
    const said = typeof body['error'] === 'string' ? ` (${body['error']})` : ''
    throw loginError(
      `The token endpoint ${url} refused the client ${clientId!} with ${answer.status}${said}: check kafka.sasl.`,
    )
  }
  if (typeof body['access_token'] !== 'string')
    throw loginError(`The token endpoint ${url} answered without an access_token: check kafka.sasl.tokenUrl.`)
  const goodForSeconds = Number(body['expires_in'] ?? GOOD_FOR_SECONDS_DEFAULT)
  return { value: body['access_token'], endsAtMs: askedAtMs + goodForSeconds * 1_000 }
}

const loginError = (message: string) => asFinal(new OperatorError('kafka_login', message))
