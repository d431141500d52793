import { describe, expect, it } from 'vitest'
import { topicCatalogue } from './catalogue.ts'
import { LOOP_SERVICES, STAGES, stagesOf } from './stages.ts'

const PARTS = { features: 'feature-store', scorer: 'scorer', trainer: 'trainer' } as const

describe('the stages of the loop', () => {
  it('are shared out among the services', () => {
    expect(LOOP_SERVICES.flatMap(stagesOf).sort()).toEqual(Object.keys(STAGES).sort())
  })

  it.each(Object.entries(STAGES))(
    '%s reads what the topics say its part reads',
    (_, { service, sources }) => {
      const topics = topicCatalogue({ prefix: 'feed', partitions: 1, replicationFactor: 1 })
      for (const source of sources) expect(topics[source].readers).toContain(PARTS[service])
    },
  )
})
