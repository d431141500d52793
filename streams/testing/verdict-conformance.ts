import assert from 'node:assert/strict'
import { deadLetter, drop, pass, retry } from '../verdict.ts'
import {
  expected,
  lettersOf,
  ofUser,
  recordingStage,
  type RuntimeConformanceCase,
  started,
  writeInteractions,
} from './conformance-harness.ts'

/** What the runner does with verdicts, seen from outside. */
export const verdictConformance: readonly RuntimeConformanceCase[] = [
  {
    name: 'bytes that cannot be used are dead-lettered as they are, and the rest goes on',
    async run(harness) {
      const unknownSchema = Buffer.from([0, 0, 0x7f, 0xff, 0xff, 1, 2, 3])
      const bad = [
        Buffer.from('no avro at all'),
        Buffer.alloc(0),
        unknownSchema,
        Buffer.alloc(1024 * 1024 + 1, 7),
      ]
      const stage = recordingStage()
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 2)
      for (const value of bad) await harness.write('interactions', { key: Buffer.from('u-0'), value })
      await writeInteractions(harness, 1, 2, 2)
      await harness.until(() => stage.seen.length === 4, 'four sound records')
      assert.deepEqual(stage.seen, expected(0, 4))
      await running.stop()

      const letters = await lettersOf(harness)
      assert.deepEqual(
        letters.map(({ reason }) => reason),
        ['undecodable', 'undecodable', 'unknown_schema', 'too_large'],
      )
      assert.deepEqual(
        letters.map(({ offset }) => offset),
        [2, 3, 4, 5],
      )
      for (const [index, letter] of letters.entries()) {
        assert.ok(letter.value!.equals(bad[index]!), `bytes of letter ${index}`)
        assert.equal(letter.key?.toString(), 'u-0')
        assert.equal(letter.topic, harness.runtime.topicName('interactions'))
        assert.equal(letter.stage, 'conformance')
      }
    },
  },
  {
    name: 'a tombstone reaches the stage, steps do not see it',
    async run(harness) {
      let stepped = 0
      const count = <T>(value: T) => {
        stepped += 1
        return pass(value)
      }
      const stage = recordingStage({ steps: { interactions: [count] } })
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 1)
      await harness.write('interactions', { key: Buffer.from('u-0'), value: null })
      await harness.until(() => stage.seen.length === 2, 'two records')
      assert.deepEqual(stage.seen, ['u-0-0', 'tombstone:u-0'])
      assert.equal(stepped, 1)
      await running.stop()
    },
  },
  {
    name: 'steps may drop, change and dead-letter',
    async run(harness) {
      const stage = recordingStage({
        steps: {
          interactions: [
            (value) =>
              value.interactionId.endsWith('-1')
                ? drop('odd')
                : pass({ ...value, interactionId: `${value.interactionId}!` }),
            (value) =>
              value.interactionId.endsWith('-2!') ? deadLetter('unwanted', 'said the step') : pass(value),
          ],
        },
      })
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 4)
      await harness.until(() => stage.seen.length === 2, 'two records')
      assert.deepEqual(stage.seen, ['u-0-0!', 'u-0-3!'])
      await running.stop()
      const [letter] = await lettersOf(harness)
      assert.equal(letter?.reason, 'unwanted')
      assert.equal(letter?.detail, 'said the step')
      assert.equal(harness.runtime.codec.decode('interactions', letter!.value!).interactionId, 'u-0-2')
    },
  },
  {
    name: 'a batch of nothing but dead letters still reaches the stage, so that its fence can move',
    async run(harness) {
      const stage = recordingStage()
      const running = await started(harness, stage)
      for (let count = 0; count < 3; count++)
        await harness.write('interactions', { key: Buffer.from('u-0'), value: Buffer.from('bad') })
      await harness.until(() => stage.batches.at(-1)?.nextOffset === 3, 'offset 3')
      assert.deepEqual(stage.seen, [])
      await running.stop()
    },
  },
  {
    name: 'a retry comes again, in order, and holds up its own partition only',
    async run(harness) {
      let refusals = 2
      const stage = recordingStage({
        steps: {
          interactions: [
            (value) => (value.interactionId === 'u-0-2' && refusals-- > 0 ? retry('not_yet') : pass(value)),
          ],
        },
      })
      const running = await started(harness, stage)
      await writeInteractions(harness, 4, 5)
      await harness.until(() => stage.seen.length === 20, '20 records')
      for (let user = 0; user < 4; user++) assert.deepEqual(ofUser(stage.seen, user), expected(user, 5))
      assert.equal(refusals, -1)
      await running.stop()
    },
  },
  {
    name: 'a record that asks for a retry again and again is parked: the others go on, and none is skipped',
    async run(harness) {
      let tries = 0
      let unreadable = true
      const stage = recordingStage({
        steps: {
          interactions: [
            (value) => {
              if (value.interactionId !== 'u-0-3' || !unreadable) return pass(value)
              tries += 1
              return retry('never')
            },
          ],
        },
      })
      const running = await started(harness, stage)
      await writeInteractions(harness, 4, 5)
      const waiting = harness.runtime.partitionOf('interactions', 'u-0')
      const elsewhere = [1, 2, 3].filter(
        (user) => harness.runtime.partitionOf('interactions', `u-${user}`) !== waiting,
      )
      assert.ok(elsewhere.length > 0, 'another partition has users')
      // Three attempts park it; further ones are of a parked record.
      await harness.until(() => tries > 3, 'attempts beyond retryAttemptsMax')
      for (const user of elsewhere) assert.deepEqual(ofUser(stage.seen, user), expected(user, 5))
      assert.deepEqual(ofUser(stage.seen, 0), expected(0, 3))

      unreadable = false
      await harness.until(() => stage.seen.length === 20, 'all records')
      for (let user = 0; user < 4; user++) assert.deepEqual(ofUser(stage.seen, user), expected(user, 5))
      await running.stop()
      assert.deepEqual(await lettersOf(harness), [])
    },
  },
  {
    name: 'a stage with a parked record stops when asked; what came before it is committed',
    async run(harness) {
      let tries = 0
      const stage = recordingStage({
        steps: {
          interactions: [
            (value) => {
              if (value.interactionId !== 'u-0-3') return pass(value)
              tries += 1
              return retry('never')
            },
          ],
        },
      })
      const running = await started(harness, stage)
      await writeInteractions(harness, 1, 5)
      await harness.until(() => tries > 3, 'attempts beyond retryAttemptsMax')
      await running.stop()
      assert.deepEqual(stage.seen, expected(0, 3))
      const sound = recordingStage()
      const again = await started(harness, sound)
      await harness.until(() => sound.seen.length === 2, 'the rest')
      assert.deepEqual(sound.seen, expected(0, 2, 3))
      await again.stop()
    },
  },
]
