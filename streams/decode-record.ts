import type { Decoder, RecordOf, TopicKey } from '#schemas'
import { codeOf, policyOf } from './errors.ts'
import { deadLetter, pass, retry, type RecordMeta, type Step, type Verdict } from './verdict.ts'

/**
 * Bytes to a verdict: size first, then the codec. Never throws for bad bytes: `too_large`, `undecodable`,
 * `unknown_schema`, `schema_mismatch` are dead letters, a registry that cannot be asked is a retry.
 * Answers a promise only when the writer's schema has to be fetched first.
 */
export function decodeRecord<K extends TopicKey>(
  codec: Decoder,
  topic: K,
  value: Buffer,
  valueBytesMax: number,
): Verdict<RecordOf[K]> | Promise<Verdict<RecordOf[K]>> {
  if (value.length > valueBytesMax) {
    return deadLetter('too_large', `${value.length} bytes; limits.recordBytesMax is ${valueBytesMax}`)
  }
  try {
    return pass(codec.decode(topic, value))
  } catch (error) {
    if (codeOf(error) === 'schema_not_loaded') return decodeAfterLoad(codec, topic, value)
    return verdictOn(error)
  }
}

async function decodeAfterLoad<K extends TopicKey>(
  codec: Decoder,
  topic: K,
  value: Buffer,
): Promise<Verdict<RecordOf[K]>> {
  try {
    await codec.load(topic, value)
    return pass(codec.decode(topic, value))
  } catch (error) {
    return verdictOn(error)
  }
}

function verdictOn<T>(error: unknown): Verdict<T> {
  const policy = policyOf(error)
  if (policy === 'poison')
    return deadLetter(codeOf(error), error instanceof Error ? error.message : String(error))
  if (policy === 'transient') return retry(codeOf(error), error)
  throw error
}

/** Runs the steps in order; the first that does not pass decides. `signaled` is told what they noticed. */
export function runSteps<T>(
  decoded: Extract<Verdict<T>, { kind: 'pass' }>,
  steps: readonly Step<T>[],
  meta: RecordMeta,
  signaled: (name: string) => void,
): Verdict<T> {
  let passed = decoded
  for (const step of steps) {
    const verdict = step(passed.value, meta)
    if (verdict.kind !== 'pass') return verdict
    if (verdict.signal !== undefined) signaled(verdict.signal)
    passed = verdict
  }
  return passed
}
