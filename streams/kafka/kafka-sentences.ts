/** What was asked when a broker said that we may not (wire/kafka-refusals.ts); kafkajs gives the name of the error alone. */
export interface RefusedRequest {
  /** The method of kafkajs' broker. */
  request: string
  /** The user name of the login; null: there was none, or it has none. */
  user: string | null
  /** Or transactional id: both have a coordinator. */
  group?: string
  topics: string[]
}

const TOPIC_VERBS: Record<string, string> = {
  produce: 'write',
  fetch: 'read',
  offsetCommit: 'read',
  offsetFetch: 'read',
  createTopics: 'create',
  deleteTopics: 'delete',
  describeConfigs: 'see the settings of',
  alterConfigs: 'change the settings of',
}

/** The right that is missing, as a sentence. @param type the broker's error */
export function missingRight(type: string, refused: RefusedRequest | undefined, at: string): string {
  const remedy = 'Give it the right (`npx feedloop topics acl` prints what each service needs).'
  if (refused === undefined) return `Kafka at ${at} does not allow this: ${type}. ${remedy}`
  const { request, user, group, topics } = refused
  const who = `The user ${user === null ? 'of this connection' : `\`${user}\``} may not`
  const topic =
    topics.length === 0
      ? 'a topic'
      : topics.length === 1
        ? `topic \`${topics[0]!}\``
        : `one of the topics ${topics.join(', ')}`
  if (type.startsWith('GROUP_') && group !== undefined) return `${who} read group \`${group}\`. ${remedy}`
  if (type.startsWith('TRANSACTIONAL_ID_'))
    return `${who} write with ${group === undefined ? 'a transactional id' : `transactional id \`${group}\``}. ${remedy}`
  if (type.startsWith('TOPIC_')) return `${who} ${TOPIC_VERBS[request] ?? 'describe'} ${topic}. ${remedy}`
  if (request === 'initProducerId')
    return `${who} write any topic (an idempotent producer needs WRITE on one). ${remedy}`
  if (request === 'createTopics' || request === 'alterConfigs')
    return `${who} ${TOPIC_VERBS[request]!} ${topic}. ${remedy}`
  return `${who} do this on the cluster (${request}: ${type}). ${remedy}`
}

const CERTIFICATE_SENTENCES: readonly [pattern: RegExp, sentence: (at: string, said: string) => string][] = [
  [
    /self-signed certificate|unable to verify|unable to get (local )?issuer/,
    (at, said) =>
      `Kafka at ${at} has a certificate that is not trusted (${said}): set kafka.tls.caFile (FEEDLOOP_KAFKA_TLS_CA_FILE) to the certificate of the authority that signed it.`,
  ],
  [
    /certificate has expired/,
    (at) => `Kafka at ${at} has a certificate that is past its date: its operator must renew it.`,
  ],
  [
    /certificate is not yet valid/,
    (at) => `Kafka at ${at} has a certificate that is not valid yet: compare the clocks of both machines.`,
  ],
  [
    /altnames/,
    (at, said) =>
      `Kafka at ${at} has a certificate for another name (${said}): set kafka.tls.serverName (FEEDLOOP_KAFKA_TLS_SERVER_NAME), or name the brokers as the certificate does.`,
  ],
  [
    /alert certificate required|alert bad certificate|alert handshake failure/,
    (at) =>
      `Kafka at ${at} wants a client certificate: set kafka.tls.certFile and kafka.tls.keyFile to one that it trusts.`,
  ],
  [
    /alert certificate (expired|revoked)/,
    (at) =>
      `Kafka at ${at} finds our client certificate past its date (kafka.tls.certFile): put a new one there.`,
  ],
  [
    /alert (unknown ca|certificate unknown)/,
    (at) => `Kafka at ${at} does not trust our client certificate (kafka.tls.certFile).`,
  ],
  [
    /before secure TLS connection was established|wrong version number|packet length too long/,
    (at) => `Kafka at ${at} speaks no TLS on that port: leave kafka.tls out, or use its TLS port.`,
  ],
]

/** null: it is no matter of TLS. @param said the message of the error */
export function certificateSentence(said: string, at: string): string | null {
  const found = CERTIFICATE_SENTENCES.find(([pattern]) => pattern.test(said))
  return found === undefined ? null : found[1](at, said.replace(/^Connection error: /, '').trim())
}
