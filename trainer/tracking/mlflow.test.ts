import { afterAll, beforeAll } from 'vitest'
import { type FakeMlflow, startFakeMlflow } from './testing/http-fake-mlflow.ts'
import { mlflowConformance } from './testing/mlflow-conformance.ts'

let fake: FakeMlflow
beforeAll(async () => {
  fake = await startFakeMlflow()
})
afterAll(() => fake.close())

mlflowConformance('the fake of tests', () => ({
  address: fake.address,
  metric(runId, key) {
    const { metrics } = fake.store.runs.find(({ id }) => id === runId)!
    return Promise.resolve(
      metrics
        .filter((point) => point.key === key)
        .map(({ step, timestamp, value }) => ({ step, timestamp, value })),
    )
  },
}))
