import avsc from 'avsc'
import type { Type } from 'avsc'
import { TOPIC_KEYS, topicCatalogue } from '../catalogue.ts'
import { readCurrentSchema } from '../fs-schemas.ts'
import type { TopicKey } from '../records.ts'

/** The catalogue that the tests of this part use. */
export const testCatalogue = () => topicCatalogue({ prefix: 'feed', partitions: 4, replicationFactor: 1 })

/** The current Avro type of every topic. */
export function currentTypes(): Record<TopicKey, Type> {
  const catalogue = testCatalogue()
  const typed = TOPIC_KEYS.map((key) => {
    const schema = JSON.parse(readCurrentSchema(catalogue[key].schemaFile))
    return [key, avsc.Type.forSchema(schema, { omitRecordMethods: true })]
  })
  return Object.fromEntries(typed) as Record<TopicKey, Type>
}
