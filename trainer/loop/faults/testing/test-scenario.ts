import { describe, expect, inject, it } from 'vitest'
import type {} from '#streams/testing/services'
import { faultText } from '../fault-text.ts'
import { runScenario } from '../run-scenario.ts'
import { faultsOf, type Scenario } from '../scenario.ts'

const SEED = 1

/** The short form of a scenario as a test, in a file of its own: the files run side by side. */
export async function testScenario(scenario: Scenario): Promise<void> {
  const { name, title } = scenario
  const addresses = inject('stack')
  const reason =
    addresses === null ? inject('stackMissing').split('\n')[0]! : ((await scenario.unavailable?.()) ?? null)
  describe('faults', () => {
    if (addresses === null || reason !== null) {
      it.skip(`${name}: skipped: ${reason}`)
      return
    }
    it(`${name}: ${title}`, async () => {
      const lines: string[] = []
      const say = (line: string) => void lines.push(line)
      const report = await runScenario(scenario, 'short', { addresses, seed: SEED, say })
      const outcome = { name, title, size: 'short', seconds: 0, kind: 'ran', report } as const
      expect(faultsOf(report), `${faultText([outcome])}\n${lines.join('\n')}`).toEqual([])
    })
  })
}
