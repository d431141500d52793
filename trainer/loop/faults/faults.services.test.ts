import { describe, expect, inject, it } from 'vitest'
import { faultText } from './fault-text.ts'
import { runScenario } from './run-scenario.ts'
import { faultsOf } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const SEED = 1
const addresses = inject('stack')
const reasons = await Promise.all(SCENARIOS.map(async ({ unavailable }) => (await unavailable?.()) ?? null))

/** The short form of every scenario; `npm run test:faults` runs the long ones. */
describe('faults', () => {
  for (const [at, scenario] of SCENARIOS.entries()) {
    const { name, title } = scenario
    const reason = addresses === null ? inject('stackMissing').split('\n')[0]! : reasons[at]!
    if (addresses === null || reason !== null) {
      it.skip(`${name}: skipped: ${reason}`)
      continue
    }
    it(`${name}: ${title}`, async () => {
      const lines: string[] = []
      const say = (line: string) => void lines.push(line)
      const report = await runScenario(scenario, 'short', { addresses, seed: SEED, say })
      const outcome = { name, title, size: 'short', seconds: 0, kind: 'ran', report } as const
      expect(faultsOf(report), `${faultText([outcome])}\n${lines.join('\n')}`).toEqual([])
    })
  }
})
