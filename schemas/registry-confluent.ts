import {
  COMPATIBILITY,
  type SchemaRegistry as ConfluentClient,
  SchemaType,
} from '@kafkajs/confluent-schema-registry'
import { SchemaIncompatibleError } from './errors.ts'
import { createAsk, isForeign, RegistryAnswerError, statusOf } from './registry-ask.ts'
import type { AskOptions } from './registry-ask.ts'
import { type RegistryAddress, registryUser } from './registry-access.ts'
import {
  createRegistryClient,
  registryAddresses,
  requestRegistry,
  whyRegistryClosed,
} from './registry-client.ts'
import { createPatience } from './registry-patience.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface RegistryOptions extends AskOptions {
  /** Bound of one HTTP request: a registry that has just started may take seconds to register a schema. */
  requestMs?: number
  /** How long an unknown id is not asked for again: a stream of bad records must not become one of requests. */
  unknownIdMs?: number
  /**
   * How long schemaById lets its caller wait. The question goes on, and the next caller finds its answer. While the
   * registry does not answer, callers wait a tenth of it.
   */
  patienceMs?: number
}

const UNKNOWN_IDS_MAX = 1_000
const QUESTIONS_MAX = 1_000
const FULL_TRANSITIVE = COMPATIBILITY.FULL_TRANSITIVE

/** A schema registry that speaks the Confluent protocol (Confluent, Apicurio, Karapace). Connects at the first question. */
export function openRegistry(address: RegistryAddress, options: RegistryOptions = {}): SchemaRegistry {
  const { requestMs = 8_000, unknownIdMs = 10_000, patienceMs = 500 } = options
  const addresses = registryAddresses(address)
  const clients = addresses.map((each) => createRegistryClient(each, requestMs))
  let turn = 0
  const at = { address, requestMs }
  const askAgain = createAsk({
    user: registryUser(address),
    whyNoAnswer: (said) => whyRegistryClosed(said, addresses[turn]!.url),
    ...options,
  })
  const ask = <Answer>(what: string, attempt: (client: ConfluentClient) => Promise<Answer>) => {
    let asked = turn
    return askAgain(
      what,
      () => attempt(clients[(asked = turn)]!),
      () => {
        // Of several URLs the next one is asked from then on; many who find the same one away go on by one.
        if (asked === turn) turn = (turn + 1) % clients.length
      },
    )
  }
  const unknownIds = createUnknownIds(unknownIdMs)
  const askPatiently = createPatience(
    (id: number) => ask(`fetching schema ${id}`, (client) => fetchSchema(client, id)),
    {
      patienceMs,
      awayPatienceMs: Math.ceil(patienceMs / 10),
      questionsMax: QUESTIONS_MAX,
    },
  )

  return {
    register: (subject, schemaJson) =>
      ask(`registering the schema of ${subject}`, async (client) => {
        await keepFullTransitive(at, subject)
        try {
          const { id } = await client.register(
            { type: SchemaType.AVRO, schema: schemaJson },
            { subject, compatibility: FULL_TRANSITIVE },
          )
          return id
        } catch (error) {
          throw statusOf(error) === 409 && !isRace(error) ? incompatible(subject, error) : error
        }
      }),
    lookup: (subject, schemaJson) =>
      ask(`looking up the schema of ${subject}`, async (client) => {
        try {
          return await client.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema: schemaJson })
        } catch (error) {
          // The client throws an error of its own, without a status, for 404 and for nothing else here.
          if (error instanceof Error && error.name === 'ConfluentSchemaRegistryError' && !isForeign(error))
            return null
          throw error
        }
      }),
    async schemaById(id) {
      if (unknownIds.has(id)) return null
      const schemaJson = await askPatiently(id)
      if (schemaJson === null) unknownIds.add(id)
      return schemaJson
    },
  }
}

async function fetchSchema(client: ConfluentClient, id: number): Promise<string | null> {
  try {
    const schema = await client.getSchema(id)
    return 'fingerprint' in schema ? JSON.stringify(schema) : null
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/** Ids that the registry did not know, for `unknownIdMs`. */
function createUnknownIds(unknownIdMs: number): { has(id: number): boolean; add(id: number): void } {
  const unknownUntilMs = new Map<number, number>()
  return {
    has: (id) => (unknownUntilMs.get(id) ?? 0) > Date.now(),
    add(id) {
      const oldest = unknownUntilMs.size >= UNKNOWN_IDS_MAX ? unknownUntilMs.keys().next().value : undefined
      if (oldest !== undefined) unknownUntilMs.delete(oldest)
      unknownUntilMs.set(id, Date.now() + unknownIdMs)
    },
  }
}

interface RegistryAt {
  address: RegistryAddress
  requestMs: number
}

/**
 * Sets the subject's level before the first schema is there. The client does it after the first registration:
 * a crash in between leaves the subject unguarded, and then the client refuses it for ever.
 */
async function keepFullTransitive({ address, requestMs }: RegistryAt, subject: string): Promise<void> {
  if ((await levelOf({ address, requestMs }, subject)) === FULL_TRANSITIVE) return
  const answer = await requestRegistry(address, configOf(subject), {
    method: 'PUT',
    body: { compatibility: FULL_TRANSITIVE },
    requestMs,
  })
  // Another process may have been faster: Apicurio answers 409 then.
  if (!answer.ok && (await levelOf({ address, requestMs }, subject)) !== FULL_TRANSITIVE) {
    throw new RegistryAnswerError(answer.status, `PUT /config/${subject} answered ${answer.status}`)
  }
}

async function levelOf({ address, requestMs }: RegistryAt, subject: string): Promise<string | null> {
  const answer = await requestRegistry(address, configOf(subject), { requestMs })
  if (answer.status === 404) return null
  if (!answer.ok)
    throw new RegistryAnswerError(answer.status, `GET /config/${subject} answered ${answer.status}`)
  const body = (await answer.json()) as { compatibilityLevel?: string }
  return body.compatibilityLevel ?? null
}

const configOf = (subject: string) => `/config/${encodeURIComponent(subject)}`

/** Two processes registering the same subject at once, as Apicurio says it. */
function isRace(error: unknown): boolean {
  return error instanceof Error && /already exists/i.test(error.message)
}

/** Apicurio lists the differences in brackets; of others we keep the sentence. */
function incompatible(subject: string, cause: unknown): SchemaIncompatibleError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const listed = /list of diff types: \[(.*)\]/s.exec(message)?.[1]
  return new SchemaIncompatibleError(subject, listed?.split(/, (?=\w)/) ?? [message], { cause })
}
