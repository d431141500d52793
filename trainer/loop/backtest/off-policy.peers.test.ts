import { playInProcess } from './testing/play-in-process.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hasPython } from '#schemas/testing'
import { describe, expect, it } from 'vitest'
import { openPythonPeer } from '../../testing/process-python-peer.ts'
import { DATA_SETS } from '../datasets/index.ts'
import { triedFeedOf } from './backtest.ts'
import { judgedRowsOf } from './judged-rows.ts'
import { offPolicyOf } from './off-policy.ts'
import { playLog } from './play-log.ts'
import type { Played, ScoreColumn } from './played.ts'

const isThere = await hasPython()
const HOUR_MS = 3_600_000
const folder = path.join(import.meta.dirname, '../datasets/fixtures/open-bandit')
const script = path.join(import.meta.dirname, '../../metrics/reference/off-policy_reference.py')

async function playedUniformLog(): Promise<Played> {
  const { log, feed } = await DATA_SETS['open-bandit']!(folder, {})
  return playLog({
    log,
    feed: triedFeedOf(feed),
    retrainEveryMs: HOUR_MS,
    windowMs: Infinity,
    fromDay: 0,
    gates: ['none'],
    ...playInProcess,
  })
}

/** What obp asks for, told from the scores by a plain sort. */
function bandit({ rows, choices }: Played, places: Int32Array, { optionScores }: ScoreColumn) {
  const counted = [...choices.rows.keys()].filter((at) => places.includes(choices.rows[at]!))
  const expected = counted.map((at) => [
    ...optionScores.slice(choices.options[at - 1] ?? 0, choices.options[at]),
  ])
  return {
    rewards: counted.map((at) => rows.labels[choices.rows[at]!]!),
    actions: counted.map((at) => choices.chosen[at]!),
    propensities: counted.map((at) => choices.propensities[at]!),
    expected,
    chances: expected.map((scores, n) => {
      const shown = [...scores].sort((one, two) => two - one)[choices.slots[counted[n]!]!]!
      const alike = scores.filter((score) => score === shown).length
      return scores.map((score) => (score === shown ? 1 / alike : 0))
    }),
  }
}

describe.skipIf(!isThere)("a ranking's value on Open Bandit's uniform log", () => {
  it("is the Open Bandit Pipeline's", async () => {
    const played = await playedUniformLog()
    const judged = judgedRowsOf(played, 0)
    const column = played.columns[0]!
    const given = bandit(played, judged.places, column)
    const own = offPolicyOf(played, judged, column, { fallback: column.scores, seed: 's' })!
    await played.close()
    const temporary = await mkdtemp(path.join(tmpdir(), 'feedloop-off-policy-'))
    try {
      const file = path.join(temporary, 'log.json')
      await writeFile(file, JSON.stringify(given))
      const values = JSON.parse(await (await openPythonPeer()).run(script, [file])) as Record<
        'ips' | 'snips' | 'dr',
        number
      >
      expect(given.rewards.length).toBeGreaterThan(1_000)
      expect(own.choices).toBe(given.rewards.length)
      for (const name of ['ips', 'snips', 'dr'] as const)
        expect(own[name]!.value, name).toBeCloseTo(values[name], 12)
    } finally {
      await rm(temporary, { recursive: true })
    }
  })
})
