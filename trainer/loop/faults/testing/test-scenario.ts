import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type {} from '#streams/testing/services'
import { faultText } from '../fault-text.ts'
import type { LabStack, StackKind } from '../lab-stack.ts'
import { openLabStack } from '../open-lab-stack.ts'
import { runScenario } from '../run-scenario.ts'
import { faultsOf, type Scenario } from '../scenario.ts'

const SEED = 1

/** The short form of a scenario as a test, in a file of its own: the files run side by side. */
export const testScenario = (scenario: Scenario): Promise<void> => testScenariosOn('plain', [scenario])

/** The short forms of these on one stack of this kind, one after the other. */
export async function testScenariosOn(kind: StackKind, scenarios: readonly Scenario[]): Promise<void> {
  const addresses = inject('stack')
  const missing = addresses === null ? inject('stackMissing').split('\n')[0]! : null
  const reasons = await Promise.all(
    scenarios.map(async ({ unavailable }) => missing ?? (await unavailable?.()) ?? null),
  )
  describe(kind === 'plain' ? 'faults' : `faults on ${kind}`, () => {
    let stack: LabStack | undefined
    beforeAll(async () => {
      if (addresses === null || !reasons.includes(null)) return
      const shared = { addresses, close: () => Promise.resolve() }
      stack = await openLabStack(kind, () => Promise.resolve(shared))
    })
    afterAll(() => stack?.close())
    for (const [at, scenario] of scenarios.entries()) {
      const { name, title } = scenario
      const reason = reasons[at]!
      if (reason !== null) it.skip(`${name}: skipped: ${reason}`)
      else it(`${name}: ${title}`, () => mustHold(scenario, stack!))
    }
  })
}

async function mustHold(scenario: Scenario, stack: LabStack): Promise<void> {
  const { name, title } = scenario
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  const report = await runScenario(scenario, 'short', { stack, seed: SEED, say })
  const outcome = { name, title, size: 'short', seconds: 0, kind: 'ran', report } as const
  expect(faultsOf(report), `${faultText([outcome])}\n${lines.join('\n')}`).toEqual([])
}
