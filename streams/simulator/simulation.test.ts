import { describe, expect, it } from 'vitest'
import type { Interaction, Item, RankRequest } from '#schemas'
import { simulatorConfigSchema } from './config.ts'
import type { Emission } from './emission.ts'
import { createFeedSimulation } from './simulation.ts'
import { normalizedEntropyOf } from './truth.ts'

const MINUTE_MS = 60_000
const startMs = Date.UTC(2026, 0, 5, 14)

interface Played {
  items: Item[]
  requests: RankRequest[]
  interactions: Interaction[]
  emissions: Emission[]
  simulation: ReturnType<typeof createFeedSimulation>
}

/** Answers every request with the candidates in the order `rank` gives, a step after it was asked. */
function play(
  minutes: number,
  settings: object = {},
  rank = (candidates: string[]) => candidates,
  seed = '1',
): Played {
  const config = simulatorConfigSchema.parse({ historyMinutes: 0, ...settings })
  const simulation = createFeedSimulation({ seed, config, startMs })
  const played: Played = { items: [], requests: [], interactions: [], emissions: [], simulation }
  for (let atMs = startMs; atMs <= startMs + minutes * MINUTE_MS; atMs += 3_000) {
    for (const emission of simulation.advanceTo(atMs)) {
      played.emissions.push(emission)
      if (emission.topic === 'items') played.items.push(emission.record)
      if (emission.topic === 'interactions') played.interactions.push(emission.record)
      if (emission.topic !== 'requests') continue
      played.requests.push(emission.record)
      simulation.answered(emission.record.requestId, rank(emission.record.candidates))
    }
  }
  return played
}

const ofType = (interactions: Interaction[], type: string) => interactions.filter((one) => one.type === type)
const clickRate = (interactions: Interaction[]) =>
  ofType(interactions, 'click').length / ofType(interactions, 'view').length
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

describe('a feed', () => {
  it('is the same feed for the same seed and answers, and another for another seed', () => {
    expect(play(10, { historyMinutes: 5 }).emissions).toEqual(play(10, { historyMinutes: 5 }).emissions)
    expect(play(10, {}, undefined, '2').emissions).not.toEqual(play(10).emissions)
  })

  it('decides what comes of a request by its id, whatever the order of the answers', () => {
    const clicksOf = (reverse: boolean) => {
      const simulation = createFeedSimulation({
        seed: '1',
        config: simulatorConfigSchema.parse({ historyMinutes: 0 }),
        startMs,
      })
      const asked = simulation
        .advanceTo(startMs + MINUTE_MS)
        .filter((emission) => emission.topic === 'requests')
      for (const { record } of reverse ? asked.reverse() : asked)
        simulation.answered(record.requestId, record.candidates)
      const later = simulation.advanceTo(startMs + 60 * MINUTE_MS)
      return later.flatMap((one) => (one.topic === 'interactions' ? [one.record.interactionId] : [])).sort()
    }
    expect(clicksOf(true)).toEqual(clicksOf(false))
  })

  it('publishes an item before it shows it, people before they come, and tells everything in order', () => {
    const { emissions, interactions } = play(30, { historyMinutes: 10 })
    const known = new Set<string>()
    const unknown: string[] = []
    for (const { topic, key, record } of emissions) {
      if (topic === 'items' || topic === 'users') known.add(key)
      if (topic === 'requests') unknown.push(...[key, ...record.candidates].filter((id) => !known.has(id)))
    }
    expect(unknown).toEqual([])
    expect(emissions.filter(({ record }) => !Number.isInteger(record.occurredAtMs))).toEqual([])
    const times = interactions.map((one) => one.occurredAtMs)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(times[0]).toBeLessThan(startMs)
    expect(new Set(interactions.map((one) => one.interactionId)).size).toBe(interactions.length)
  })

  it('has a history that nobody ranked', () => {
    const { interactions } = play(1, { historyMinutes: 20 })
    const before = interactions.filter((one) => one.occurredAtMs < startMs)
    expect(before.length).toBeGreaterThan(5_000)
    expect(new Set(before.map((one) => one.requestId))).toEqual(new Set([null]))
  })

  it('asks as often as configured, more in the evening than in the morning', () => {
    const minutes = 24 * 60
    const { requests } = play(minutes, { requestsPerMinute: 6, usersMax: 20, liveItemsMax: 20, rhythm: 0.5 })
    expect(requests.length / minutes).toBeCloseTo(6, 0)
    const atHour = (hour: number) =>
      requests.filter((one) => new Date(one.occurredAtMs).getUTCHours() === hour).length
    expect(atHour(20)).toBeGreaterThan(2 * atHour(8))
  })

  it('gives popular items most of the candidates, and lets items live and die', () => {
    const { requests, items } = play(120)
    const counts = new Map<string, number>()
    for (const itemId of requests.flatMap((one) => one.candidates))
      counts.set(itemId, (counts.get(itemId) ?? 0) + 1)
    const sorted = [...counts.values()].sort((a, b) => b - a)
    const total = sorted.reduce((sum, count) => sum + count, 0)
    const topTenth = sorted.slice(0, sorted.length / 10).reduce((sum, count) => sum + count, 0)
    expect(topTenth / total).toBeGreaterThan(0.25)
    expect(items.length).toBeGreaterThan(200 + 200) // two mean lives passed
    const first = new Set(requests.slice(0, 100).flatMap((one) => one.candidates))
    const last = new Set(requests.slice(-100).flatMap((one) => one.candidates))
    expect([...last].filter((itemId) => first.has(itemId)).length).toBeLessThan(last.size / 2)
  })

  it('is clicked more at the top (position bias), by 8 to 15 % when ranked well', () => {
    const { interactions } = play(120)
    const at = (position: number) => clickRate(interactions.filter((one) => one.position === position))
    expect(at(0)).toBeGreaterThan(1.5 * at(9))
    expect(at(0)).toBeGreaterThan(at(4))
    expect(clickRate(interactions)).toBeGreaterThan(0.05)
    expect(clickRate(interactions)).toBeLessThan(0.15)
  })

  it('clicks after seconds and likes after minutes', () => {
    const { interactions } = play(120)
    const viewed = new Map(
      ofType(interactions, 'view').map((view) => [
        `${String(view.requestId)}/${view.itemId}`,
        view.occurredAtMs,
      ]),
    )
    const delays = (type: string) =>
      ofType(interactions, type).map(
        (one) => one.occurredAtMs - viewed.get(`${String(one.requestId)}/${one.itemId}`)!,
      )
    expect(median(delays('click'))).toBeGreaterThan(6_000)
    expect(median(delays('click'))).toBeLessThan(10_000)
    expect(median(delays('like'))).toBeGreaterThan(90_000)
    expect(median(delays('like'))).toBeLessThan(240_000)
    expect(ofType(interactions, 'hide').length).toBeGreaterThan(50)
  })

  it('counts what a forecaster who knows the truth would score', () => {
    const { simulation, interactions } = play(120)
    const sums = simulation.truth.between(startMs, startMs + 110 * MINUTE_MS)
    expect(sums.clicks / sums.shown).toBeCloseTo(clickRate(interactions), 2)
    expect(normalizedEntropyOf(sums)).toBeGreaterThan(0.7)
    expect(normalizedEntropyOf(sums)).toBeLessThan(0.9)
  })
})

describe('answers', () => {
  it('are shown once, in their order, at most as many as fit', () => {
    const { simulation, requests, interactions } = play(5, {}, (candidates) => [...candidates].reverse())
    const [request] = requests
    const views = ofType(interactions, 'view').filter((one) => one.requestId === request!.requestId)
    expect(views.map((one) => one.itemId)).toEqual([...request!.candidates].reverse().slice(0, 10))
    expect(views.map((one) => one.position)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(simulation.answered(request!.requestId, request!.candidates)).toBe(false)
    expect(simulation.givenUp('r-unknown')).toBe(false)
  })

  it('that never came leave outcomes of no request', () => {
    const config = simulatorConfigSchema.parse({ historyMinutes: 0 })
    const simulation = createFeedSimulation({ seed: '1', config, startMs })
    const requests = simulation
      .advanceTo(startMs + MINUTE_MS)
      .filter((emission) => emission.topic === 'requests')
    expect(simulation.waiting).toBe(requests.length)
    for (const { record } of requests) expect(simulation.givenUp(record.requestId)).toBe(true)
    expect(simulation.waiting).toBe(0)
    const told = simulation
      .advanceTo(startMs + 2 * MINUTE_MS)
      .filter((emission) => emission.topic === 'interactions')
    expect(told.length).toBeGreaterThan(100)
    expect(told.every(({ record }) => record.requestId === null)).toBe(true)
    expect(simulation.truth.between(startMs, startMs + 60 * MINUTE_MS).shown).toBe(0)
  })
})

describe('injections', () => {
  const inject = (kind: string, atMinutes: number) => ({ injections: [{ kind, atMinutes }] })
  const priceOf = (item: Item) => item.attributes.find((one) => one.name === 'price')?.number

  it('do not come any more once the feed is closed', () => {
    const config = simulatorConfigSchema.parse({ historyMinutes: 0, ...inject('concept', 5) })
    const simulation = createFeedSimulation({ seed: '1', config, startMs })
    simulation.advanceTo(startMs + 4 * MINUTE_MS)
    simulation.close()
    simulation.advanceTo(startMs + 60 * MINUTE_MS)
    expect(simulation.injected).toEqual([])
  })

  it('concept: what was clicked because it was cheap is clicked because it is dear', () => {
    const { interactions, items, simulation } = play(240, inject('concept', 120))
    const prices = new Map(items.map((item) => [item.itemId, priceOf(item)!]))
    const turnMs = startMs + 120 * MINUTE_MS
    expect(simulation.injected).toEqual([{ kind: 'concept', atMs: turnMs }])
    const lift = (during: (atMs: number) => boolean) => {
      const seen = interactions.filter((one) => during(one.occurredAtMs))
      const cheap = clickRate(seen.filter((one) => prices.get(one.itemId)! < 0.3))
      return cheap / clickRate(seen.filter((one) => prices.get(one.itemId)! > 0.7))
    }
    expect(lift((atMs) => atMs < turnMs)).toBeGreaterThan(2)
    expect(lift((atMs) => atMs > turnMs + MINUTE_MS)).toBeLessThan(0.5)
  })

  it('concept: is as hard to forecast after as before', () => {
    const { simulation } = play(240, inject('concept', 120))
    const floor = (from: number, to: number) =>
      normalizedEntropyOf(simulation.truth.between(startMs + from * MINUTE_MS, startMs + to * MINUTE_MS))
    expect(floor(121, 240) / floor(0, 119)).toBeGreaterThan(0.94)
    expect(floor(121, 240) / floor(0, 119)).toBeLessThan(1.06)
  })

  it('data: a category nobody has seen floods in', () => {
    const { items } = play(120, inject('data', 60))
    const share = (from: number, to: number) => {
      const born = items.filter(
        (one) =>
          one.occurredAtMs >= startMs + from * MINUTE_MS && one.occurredAtMs < startMs + to * MINUTE_MS,
      )
      return (
        born.filter((one) => one.attributes.some((attribute) => attribute.text === 'c8')).length / born.length
      )
    }
    expect(share(0, 60)).toBe(0)
    expect(share(60, 120)).toBeGreaterThan(0.6)
  })

  it('upstream: new items lose their price, and draws elsewhere do not shift', () => {
    const [broken, sound] = [play(90, inject('upstream', 60)), play(90)]
    const bornLate = broken.items.filter((item) => item.occurredAtMs > startMs + 60 * MINUTE_MS)
    expect(bornLate.length).toBeGreaterThan(20)
    expect(bornLate.map(priceOf)).toEqual(bornLate.map(() => undefined))
    expect(broken.interactions).toEqual(sound.interactions)
  })

  it('lag: interactions are held back, then all are told', () => {
    const [lagging, sound] = [play(60, inject('lag', 20)), play(60)]
    const ids = (played: Played) => played.interactions.map((one) => one.interactionId).sort()
    expect(ids(lagging)).toEqual(ids(sound))
    const order = lagging.emissions.filter((one) => one.topic === 'requests' || one.topic === 'interactions')
    const told = order.findIndex(
      ({ topic, record }) => topic === 'interactions' && record.occurredAtMs > startMs + 20.1 * MINUTE_MS,
    )
    const asked = order.slice(0, told).filter((one) => one.topic === 'requests')
    expect(asked.at(-1)!.record.occurredAtMs).toBeGreaterThan(startMs + 29 * MINUTE_MS)
  })
})
