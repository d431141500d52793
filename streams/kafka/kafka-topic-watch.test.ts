import { expect, it } from 'vitest'
import type { TopicKey } from '#schemas'
import { deferred } from '../deferred.ts'
import { silentLogger } from '../log.ts'
import { watchTopics } from './kafka-topic-watch.ts'
import type { TopicFacts } from './wire/kafka-topic-ids.ts'

/** Looks only when it is told to. */
function setUp() {
  const facts = new Map<string, TopicFacts>([
    ['t.users', { id: 'one', partitions: 4 }],
    ['t.items', { id: 'one', partitions: 4 }],
  ])
  let ask = (): Promise<Map<string, TopicFacts> | null> => Promise.resolve(facts)
  const watch = watchTopics({
    topics: ['users', 'items'],
    topicName: (topic) => `t.${topic}`,
    partitionCount: () => 4,
    askFacts: () => ask(),
    everyMs: 1e9,
    log: silentLogger,
  })
  function running(reads: TopicKey, { ready = Promise.resolve() } = {}) {
    const done = deferred()
    const stops: string[] = []
    const stop = () => {
      stops.push('stopped')
      done.resolve()
      return Promise.resolve()
    }
    const guarded = watch.guarded({ ready, done: done.promise, stop }, [reads])
    let outcome = 'runs'
    guarded.done.then(
      () => (outcome = 'ended'),
      (error: { code?: string; message: string }) => (outcome = `${String(error.code)}: ${error.message}`),
    )
    return { guarded, stops, outcome: () => outcome }
  }
  const look = async () => {
    await watch.look()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { facts, running, look, answerWith: (answer: typeof ask) => (ask = answer), stop: watch.stop }
}

it('lets what runs run while topics stay what they are, and end by itself', async () => {
  const { running, look, stop } = setUp()
  const users = running('users')
  await look()
  await look()
  expect(users.outcome()).toBe('runs')
  await users.guarded.stop()
  await look()
  expect(users.outcome()).toBe('ended')
  stop()
})

it('a topic that is widened ends everything: what is written by key would lie elsewhere', async () => {
  const { facts, running, look, stop } = setUp()
  const [users, items] = [running('users'), running('items')]
  await look()
  facts.set('t.users', { id: 'one', partitions: 6 })
  await look()
  for (const { outcome, stops } of [users, items]) {
    expect(outcome()).toMatch(/^partitions_differ: t.users has 6 partitions/)
    expect(stops).toEqual(['stopped'])
  }
  stop()
})

it('a topic made anew ends who reads it, with what to do', async () => {
  const { facts, running, look, stop } = setUp()
  const [users, items] = [running('users'), running('items')]
  await look()
  facts.delete('t.users')
  await look()
  expect(users.outcome()).toBe('runs')
  facts.set('t.users', { id: 'two', partitions: 4 })
  await look()
  expect(users.outcome()).toMatch(/^topic_changed: .*kafka\.whenTopicChanged: rebuild/)
  expect(items.outcome()).toBe('runs')
  stop()
})

it('what starts after a topic was made anew runs on the new one', async () => {
  const { facts, running, look, stop } = setUp()
  const before = running('users')
  await look()
  facts.set('t.users', { id: 'two', partitions: 4 })
  const after = running('users')
  await look()
  await look()
  expect(before.outcome()).toMatch(/^topic_changed/)
  expect(after.outcome()).toBe('runs')
  stop()
})

it('whoever waits for what has not begun yet is told as well', async () => {
  const { facts, running, look, stop } = setUp()
  const joining = running('users', { ready: new Promise<void>(() => undefined) })
  await look()
  facts.set('t.users', { id: 'one', partitions: 6 })
  await look()
  await expect(joining.guarded.ready).rejects.toMatchObject({ code: 'partitions_differ' })
  stop()
})

it('knows nothing while brokers do not answer, and of brokers that are too old', async () => {
  const { running, look, answerWith, stop } = setUp()
  const users = running('users')
  await look()
  answerWith(() => Promise.reject(new Error('away')))
  await look()
  answerWith(() => Promise.resolve(null))
  await look()
  expect(users.outcome()).toBe('runs')
  stop()
})
