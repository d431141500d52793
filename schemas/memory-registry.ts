import { RegistryRefusedError, RegistryUnavailableError, SchemaIncompatibleError } from './errors.ts'
import { fullCompatibilityDifferences } from './evolution.ts'
import type { SchemaRegistry } from './schema-registry.ts'

export interface MemoryRegistry extends SchemaRegistry {
  /** While true every question throws RegistryUnavailableError. */
  outage: boolean
  /** How many questions were asked, by name. */
  readonly asked: { register: number; lookup: number; schemaById: number }
}

/** A schema registry in memory that keeps every subject FULL_TRANSITIVE. Ids count from 1. */
export function createMemoryRegistry({ schemasMax = 10_000 } = {}): MemoryRegistry {
  const texts: string[] = []
  const subjects = new Map<string, Set<number>>()
  const asked = { register: 0, lookup: 0, schemaById: 0 }

  return {
    outage: false,
    asked,
    async register(subject, schemaJson) {
      ask(this, 'register')
      const versions = subjects.get(subject) ?? new Set()
      const differences = [...versions].flatMap((id) => differencesOf(subject, texts[id - 1]!, schemaJson))
      const known = texts.indexOf(schemaJson) + 1
      if (known !== 0 && versions.has(known)) return known
      if (versions.size === 0) differencesOf(subject, schemaJson, schemaJson)
      if (differences.length > 0) throw new SchemaIncompatibleError(subject, differences)
      if (known === 0 && texts.length >= schemasMax)
        throw new RegistryRefusedError(`the registry in memory is full: raise schemasMax (${schemasMax})`)
      const id = known === 0 ? texts.push(schemaJson) : known
      subjects.set(subject, versions.add(id))
      return id
    },
    async lookup(subject, schemaJson) {
      ask(this, 'lookup')
      const id = texts.indexOf(schemaJson) + 1
      return subjects.get(subject)?.has(id) ? id : null
    },
    async schemaById(id) {
      ask(this, 'schemaById')
      return texts[id - 1] ?? null
    },
  }

  function ask(registry: MemoryRegistry, question: keyof typeof asked): void {
    asked[question]++
    if (registry.outage) throw new RegistryUnavailableError(question, 1, 'outage')
  }
}

function differencesOf(subject: string, before: string, after: string): string[] {
  try {
    return fullCompatibilityDifferences(before, after)
  } catch (cause) {
    throw new RegistryRefusedError(`schema of ${subject} is no Avro schema`, { cause })
  }
}
