/**
 * What the codec needs of a schema registry. `openRegistry` gives a real one (Confluent, Apicurio, ...),
 * `createMemoryRegistry` one in memory; `schemaRegistryConformance` holds both to this.
 *
 * All three throw RegistryUnavailableError when the registry cannot be asked.
 */
export interface SchemaRegistry {
  /**
   * Registers a schema under a subject kept FULL_TRANSITIVE and answers its id; the same text again gives the
   * same id. Throws SchemaIncompatibleError, or RegistryRefusedError when it may not be done.
   */
  register(subject: string, schemaJson: string): Promise<number>
  /** The id of exactly this text under this subject; null when it is not registered there. */
  lookup(subject: string, schemaJson: string): Promise<number | null>
  /** The writer schema as JSON (equal in meaning, perhaps not in text); null when there is no Avro schema of that id. */
  schemaById(id: number): Promise<string | null>
}
