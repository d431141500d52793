import assert from 'node:assert/strict'
import { KafkaTransientError } from '../errors.ts'
import type { Batch, BatchResult } from '../stage.ts'
import {
  expected,
  lettersOf,
  recordingStage,
  type RuntimeConformanceCase,
  type RuntimeHarness,
  started,
  writeInteractions,
} from './conformance-harness.ts'

const KILLER = 'u-0-5'
const RECORDS = 12
const DEATHS_MAX = 12

function holdsKiller({ records }: Batch): boolean {
  return records.some(
    ({ value }) => value !== null && 'interactionId' in value && value.interactionId === KILLER,
  )
}

/** One run of the stage: until it dies, or until it has been given everything up to `until`. */
async function runOnce(
  harness: RuntimeHarness,
  until: number,
  act: (batch: Batch) => Promise<BatchResult>,
): Promise<{ died: unknown; seen: readonly string[] }> {
  const stage = recordingStage({ act })
  const running = await started(harness, stage)
  let died: unknown = null
  running.done.catch((error: unknown) => (died = error))
  const isThrough = () => stage.batches.at(-1)?.nextOffset === until
  await harness.until(() => died !== null || isThrough(), 'death or the end')
  // The death of the last batch comes after it was noted.
  if (died === null) await running.stop().catch((error: unknown) => (died = error))
  return { died, seen: stage.seen }
}

const dieOfKiller = (batch: Batch): Promise<BatchResult> =>
  holdsKiller(batch) ? Promise.reject(new Error('this record kills')) : Promise.resolve({ kind: 'done' })

async function untilItLives(
  harness: RuntimeHarness,
  act: (batch: Batch) => Promise<BatchResult>,
): Promise<{ deaths: number; seen: Set<string> }> {
  const seen = new Set<string>()
  for (let deaths = 0; deaths < DEATHS_MAX; deaths++) {
    const run = await runOnce(harness, RECORDS, act)
    for (const id of run.seen) seen.add(id)
    if (run.died === null) return { deaths, seen }
  }
  throw new assert.AssertionError({ message: `still dying after ${DEATHS_MAX} runs` })
}

/** What becomes of a record of which the process dies again and again. */
export const crashLoopConformance: readonly RuntimeConformanceCase[] = [
  {
    name: 'a record of which the stage dies is given up after three deaths alone, and the rest goes on',
    async run(harness) {
      await writeInteractions(harness, 1, RECORDS)
      const { deaths, seen } = await untilItLives(harness, dieOfKiller)
      assert.ok(deaths >= 3 && deaths <= 5, `${deaths} deaths`)
      assert.deepEqual(
        [...seen].sort(),
        expected(0, RECORDS)
          .filter((id) => id !== KILLER)
          .sort(),
      )
      const [letter, ...others] = await lettersOf(harness)
      assert.deepEqual(others, [])
      assert.equal(letter?.reason, 'crash_loop')
      assert.equal(letter.offset, 5)
      const source = (await harness.raw('interactions')).find(
        ({ offset, value }) => offset === 5 && value !== null,
      )
      assert.ok(letter.value!.equals(source!.value!), 'its bytes')
    },
  },
  {
    name: 'what was given up is left out when it is read again',
    async run(harness) {
      const commitsNothing = async (batch: Batch): Promise<BatchResult> => {
        await dieOfKiller(batch)
        return { kind: 'done', commit: 0 }
      }
      await writeInteractions(harness, 1, RECORDS)
      await untilItLives(harness, commitsNothing)
      const again = await runOnce(harness, RECORDS, commitsNothing)
      assert.equal(again.died, null)
      assert.deepEqual(
        again.seen,
        expected(0, RECORDS).filter((id) => id !== KILLER),
      )
      assert.equal((await lettersOf(harness)).length, 1)
    },
  },
  {
    name: 'a stage that fails for a reason that passes blames no record',
    async run(harness) {
      let failures = 8
      const act = (): Promise<BatchResult> =>
        failures-- > 0
          ? Promise.reject(new KafkaTransientError('the store is away'))
          : Promise.resolve({ kind: 'done' })
      await writeInteractions(harness, 1, RECORDS)
      const { deaths, seen } = await untilItLives(harness, act)
      assert.equal(deaths, 8)
      assert.deepEqual([...seen], expected(0, RECORDS))
      assert.deepEqual(await lettersOf(harness), [])
    },
  },
]
