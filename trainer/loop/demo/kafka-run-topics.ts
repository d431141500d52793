import type { TopicCatalogue } from '#schemas'
import { type Addresses, applyTopics, type Closers, deleteTopics } from '#streams'
import { forgetStates } from './redis-forget.ts'
import { forgetSubjects } from './registry-forget.ts'

/**
 * Makes the topics of a run under a prefix of its own.
 *
 * @param closers get what takes topics, schemas and states away again; null: all of it stays
 */
export async function makeRunTopics(
  addresses: Addresses,
  prefix: string,
  catalogue: TopicCatalogue,
  closers: Closers | null,
): Promise<void> {
  const specs = Object.values(catalogue)
  await applyTopics(addresses, specs)
  const [subjects, names] = [specs.map(({ subject }) => subject), specs.map(({ name }) => name)]
  closers?.add(() => forgetSubjects(addresses.registry, subjects))
  closers?.add(() => deleteTopics(addresses, names))
  closers?.add(() => forgetStates(addresses.redis, prefix))
}
