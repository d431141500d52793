import { describe, expect, it } from 'vitest'
import { RegistryUnavailableError } from './errors.ts'
import { createMemoryRegistry } from './memory-registry.ts'
import { schemaRegistryConformance } from './testing/schema-registry-conformance.ts'

describe('memory registry', () => {
  it.each(schemaRegistryConformance)('$name', ({ run }) => run(createMemoryRegistry(), 'memory-value'))

  it('answers nothing during an outage', async () => {
    const registry = createMemoryRegistry()
    registry.outage = true
    await expect(registry.schemaById(1)).rejects.toThrow(RegistryUnavailableError)
    registry.outage = false
    await expect(registry.schemaById(1)).resolves.toBeNull()
  })

  it('holds so many schemas, and not one more', async () => {
    const registry = createMemoryRegistry({ schemasMax: 1 })
    expect(await registry.register('a-value', '"string"')).toBe(1)
    expect(await registry.register('b-value', '"string"')).toBe(1)
    await expect(registry.register('c-value', '"long"')).rejects.toThrow(/raise schemasMax \(1\)/)
  })
})
