export { createChance } from './chance.ts'
export { sampleRecords } from './sample-records.ts'
export { type ServedRegistry, serveMemoryRegistry } from './http-memory-registry.ts'
export { schemaRegistryConformance } from './schema-registry-conformance.ts'
