import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { doublyRobust } from './doubly-robust.ts'
import { ips } from './ips.ts'
import type { LoggedChoice } from './logged-choice.ts'
import { snips } from './snips.ts'

interface ReferenceCase {
  name: string
  rewards: number[]
  actions: number[]
  propensities: number[]
  /** Of each round, of each action. */
  chances: number[][]
  expected: number[][]
  values: { ips: number; snips: number; dr: number }
}
const { cases } = JSON.parse(
  readFileSync(new URL('../reference/off-policy.json', import.meta.url), 'utf8'),
) as { cases: ReferenceCase[] }

function choicesOf({ rewards, actions, propensities, chances, expected }: ReferenceCase): LoggedChoice[] {
  return rewards.map((reward, round) => {
    const action = actions[round]!
    return {
      reward,
      propensity: propensities[round]!,
      chance: chances[round]![action]!,
      expectedOfChosen: expected[round]![action]!,
      expectedOfPolicy: chances[round]!.reduce((sum, chance, at) => sum + chance * expected[round]![at]!, 0),
    }
  })
}

describe("off-policy values are the Open Bandit Pipeline's", () => {
  it.each(cases)('$name', (reference) => {
    const choices = choicesOf(reference)
    const { values } = reference
    expect(ips(choices)).toBeCloseTo(values.ips, 12)
    expect(snips(choices)).toBeCloseTo(values.snips, 12)
    expect(doublyRobust(choices)).toBeCloseTo(values.dr, 12)
  })
})

describe('off-policy values', () => {
  const choice = { reward: 1, propensity: 0.5, chance: 0, expectedOfChosen: 0.4, expectedOfPolicy: 0.2 }

  it('are the mean reward for the policy that wrote the log', () => {
    const same = [0, 1, 1, 0, 1].map((reward) => ({ ...choice, reward, chance: 0.5 }))
    expect([ips(same), snips(same)]).toEqual([0.6, 0.6])
  })

  it('say nothing where there is nothing to say it from', () => {
    expect([ips([]), snips([]), doublyRobust([])]).toEqual([null, null, null])
    // Nothing that the policy would have chosen: only the model knows.
    expect([ips([choice]), snips([choice]), doublyRobust([choice])]).toEqual([0, null, 0.2])
  })
})
