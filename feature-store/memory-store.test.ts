import { describe, it } from 'vitest'
import { fenceModel } from './testing/fence-model.ts'
import { createMemoryStore } from './memory-store.ts'
import { stateStoreConformance } from './testing/state-store-conformance.ts'

const open = async () => {
  const store = createMemoryStore()
  let remembered = store.snapshot()
  return {
    store,
    flush: async () => store.flush(),
    loseFence: async () => store.loseFences(),
    remember: () => {
      remembered = store.snapshot()
    },
    comeBack: () => store.restore(remembered),
  }
}

describe('memory store', () => {
  stateStoreConformance(open)

  it('keeps every offset once whatever owners, zombies and crashes do', () => fenceModel(open, 500))
})
