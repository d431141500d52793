import { z } from 'zod'
import { secretSchema } from './secret.ts'

const text = z.string().min(1)

/** How a client and a broker prove to one another who they are, on the way. */
export const kafkaTlsSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('FEEDLOOP_KAFKA_TLS=true|false wins'),
  caFile: text
    .optional()
    .describe('PEM of the authorities that sign the brokers; left out: those that Node knows'),
  certFile: text.optional().describe('PEM of a client certificate; with keyFile'),
  keyFile: text
    .optional()
    .describe('PEM of its key, without a password, readable by its owner and group alone'),
  serverName: text.optional().describe('that the certificate must have, where brokers are given by address'),
})
export type KafkaTls = z.infer<typeof kafkaTlsSchema>

const byPassword = { username: text, password: secretSchema }

/** Gives a token for OAUTHBEARER; asked at each login, so it reuses and renews as it likes. */
export type TokenProvider = () => Promise<string>

const tokenProvider = z.custom<TokenProvider>((value) => typeof value === 'function', {
  message: 'must be a function that resolves to a token',
})

/** Who a client says it is. */
export const kafkaSaslSchema = z.discriminatedUnion('mechanism', [
  z.strictObject({ mechanism: z.literal('plain'), ...byPassword }),
  z.strictObject({ mechanism: z.literal('scram-sha-256'), ...byPassword }),
  z.strictObject({ mechanism: z.literal('scram-sha-512'), ...byPassword }),
  z
    .strictObject({
      mechanism: z.literal('oauthbearer'),
      tokenUrl: z.url().optional().describe('of client credentials (RFC 6749, 4.4)'),
      clientId: text.optional(),
      clientSecret: secretSchema.optional(),
      scope: text.optional(),
      token: tokenProvider.optional().describe('async () => token, instead of client credentials'),
    })
    .refine(
      ({ token, tokenUrl, clientId, clientSecret }) =>
        token !== undefined ||
        (tokenUrl !== undefined && clientId !== undefined && clientSecret !== undefined),
      'needs tokenUrl, clientId and clientSecret, or token',
    ),
  z.strictObject({
    mechanism: z.literal('aws-msk-iam'),
    region: text.describe('the rest is what the AWS SDK finds: environment, profile, role'),
  }),
])
export type KafkaSasl = z.infer<typeof kafkaSaslSchema>

/** Nothing of it: plain text, and no login. */
export interface KafkaSecurity {
  tls?: KafkaTls | undefined
  sasl?: KafkaSasl | undefined
}

/** As whom the brokers know a client, as far as it can tell. */
export function userOf({ tls, sasl }: KafkaSecurity): string {
  if (sasl === undefined)
    return tls?.certFile === undefined ? 'ANONYMOUS (no login)' : 'of the client certificate'
  if ('username' in sasl) return sasl.username
  if (sasl.mechanism === 'oauthbearer') return sasl.clientId ?? 'of the token'
  return `of AWS in ${sasl.region}`
}
