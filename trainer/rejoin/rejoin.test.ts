import { describe, expect, it } from 'vitest'
import type { Moment } from '#feature-store/shadow'
import type { Outputs } from '#streams'
import { trainerConfigSchema } from '../config.ts'
import { planRejoin } from './plan-rejoin.ts'
import { definitionOf, isSameDefinition, rejoinProgress } from './rejoin-job.ts'
import { createWrittenExamples, withoutWritten } from './written-examples.ts'

const MINUTE_MS = 60_000
const definition = definitionOf(
  trainerConfigSchema.parse({
    labels: {
      click: { positive: ['click'], horizonMinutes: 10 },
      buy: { positive: ['buy'], horizonMinutes: 60 },
    },
    objective: 'click',
    shownWithinMinutes: 5,
    limits: { graceMinutes: 1 },
  }),
)

/** A topic with a record a minute from 0 on, of which the first hundred are removed; two partitions. */
const range = {
  ends: () => Promise.resolve({ lows: [100, 100], highs: [1_000, 900] }),
  offsetsAt: (_: string, moment: Moment) => {
    const highs = [1_000, 900]
    const wanted =
      moment.kind === 'now' ? Infinity : moment.kind === 'offset' ? moment.offset : moment.atMs / MINUTE_MS
    return Promise.resolve(highs.map((high) => Math.min(Math.max(wanted, 100), high)))
  },
}
const at = (minute: number) => ({ text: '', moment: { kind: 'time', atMs: minute * MINUTE_MS } as Moment })
const offset = (number: number) => ({
  text: String(number),
  moment: { kind: 'offset', offset: number } as Moment,
})
const now = { text: 'now', moment: { kind: 'now' } as Moment }
const plan = (from: ReturnType<typeof at>, to: ReturnType<typeof at>) =>
  planRejoin({ from, to, definition }, range, (topic) => topic)

describe('the range of a join', () => {
  it('reads what came of the last prediction until its last label is final', async () => {
    const { sources } = await plan(at(200), at(300))
    const [predictions, outcomes, interactions] = sources
    expect(predictions).toMatchObject({ topic: 'predictions', starts: [200, 200], ends: [300, 300] })
    // A minute before; the longest horizon, the time for showing and the grace behind.
    expect(outcomes).toMatchObject({ topic: 'outcomes', starts: [199, 199], ends: [366, 366] })
    expect(interactions).toMatchObject({ starts: [199, 199], ends: [366, 366] })
    expect(predictions!.needs).toEqual(predictions!.starts)
  })

  it('takes the whole of the others where offsets of predictions are given, and ends where the topics end now', async () => {
    const { sources, warnings } = await plan(offset(0), now)
    for (const { starts, ends } of sources)
      expect([starts, ends]).toEqual([
        [100, 100],
        [1_000, 900],
      ])
    expect(warnings).toEqual([expect.stringContaining('removed predictions from offset 0')])
  })

  it('refuses one without a prediction', async () => {
    await expect(plan(at(300), at(300))).rejects.toMatchObject({ code: 'replay_range' })
    await expect(plan(offset(5_000), now)).rejects.toThrow('no prediction from 5000 to now')
  })
})

describe('a job', () => {
  it('knows its labels again in any order, and others from them', () => {
    const { labels } = definition
    const turned = Object.fromEntries(Object.entries(labels).reverse())
    expect(isSameDefinition(definition, { ...definition, labels: turned })).toBe(true)
    expect(isSameDefinition(definition, { ...definition, graceMinutes: 2 })).toBe(false)
    const longer = { ...labels, buy: { ...labels['buy']!, horizonMinutes: 61 } }
    expect(isSameDefinition(definition, { ...definition, labels: longer })).toBe(false)
  })

  it('counts offsets of all its topics', () => {
    const source = { topic: 'predictions' as const, topicName: '', starts: [10, 0], ends: [20, 0] }
    expect(rejoinProgress({ sources: [{ ...source, reads: [14, 0], needs: [12, 0] }] })).toEqual({
      ...{ done: 4, total: 10, left: 6 },
    })
  })
})

it('what the topic has does not come again', () => {
  const added: unknown[] = []
  const outputs: Outputs = { add: (_, { value }) => added.push(value), flush: () => Promise.resolve() }
  const written = createWrittenExamples()
  for (const id of ['a/1', 'a/2', 'a/1']) written.note(id)
  const rest = withoutWritten(outputs, written)
  for (const exampleId of ['a/1', 'a/3', 'a/2', 'b/1'])
    rest.add('examples', { key: 'u', value: { exampleId } as never })
  expect(added).toEqual([{ exampleId: 'a/3' }, { exampleId: 'b/1' }])
})
