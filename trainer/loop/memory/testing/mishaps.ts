import { STAGE_NAMES, type StageName } from '#schemas'
import type { MemorySnapshot, MishapStore } from '#feature-store/testing'
import { createRandom } from '#streams'
import type { CrashMoment, TopologyTestDriver } from '#streams/testing'
import type { Zombies } from './zombies.ts'

/** Something that goes wrong at the beginning of a tick. */
export type Mishap = { atTick: number } & (
  | { kind: 'crash'; stage: StageName; moment: CrashMoment }
  /** All partitions of a stage are taken away and given back. */
  | { kind: 'rebalance'; stage: StageName }
  /** Another process of the feature store joins its groups; it leaves them again. */
  | { kind: 'join' | 'leave' }
  /** From now on this share of all records is written twice in a row; 0: no longer. */
  | { kind: 'duplicate'; share: number }
  /** Only so many batches are worked off in this tick: what is read in which order is the seed's. */
  | { kind: 'delay'; steps: number }
  /** The store does as it is told, but nobody hears of it. */
  | { kind: 'loseAnswers'; answers: number }
  | { kind: 'emptyStore' | 'loseFences' | 'rememberStore' | 'restoreStore' }
  | { kind: 'storeAway' | 'storeBack' }
  /** An owner stops right before its write, and goes on after another one has taken over. */
  | { kind: 'stopOwner' | 'wakeOwner' }
  | { kind: 'compact'; topic: 'users' | 'models' }
  /** Somebody's attributes are to be forgotten: a tombstone for who stands at this share of what was told so far. */
  | { kind: 'erase'; topic: 'users' | 'items'; from: number }
)

/** What a mishap may touch. */
export interface MishapVictims {
  driver: TopologyTestDriver
  store: MishapStore
  zombies: Zombies
  join(): Promise<void>
  leave(): Promise<void>
}

const MISHAPS_MAX = 8
const ZOMBIE_SHARE = 0.5
const ERASURE_SHARE = 0.5
const ERASURES_MAX = 4

/** A few mishaps for a run of so many ticks. The same seed plans the same. */
export function planMishaps(seed: number, ticks: number): Mishap[] {
  const random = createRandom(`mishaps/${String(seed)}`)
  const pick = <T>(from: readonly T[]): T => from[random.int(from.length)]!
  const planned: Mishap[] = []
  for (let left = 2 + random.int(MISHAPS_MAX - 1); left > 0; left--) {
    const atTick = 1 + random.int(ticks)
    const later = atTick + 1 + random.int(3)
    const one = (...mishaps: Mishap[]) => planned.push(...mishaps)
    const choices = [
      () => one({ atTick, kind: 'crash', stage: pick(STAGE_NAMES), moment: pick(['flush', 'commit']) }),
      () => one({ atTick, kind: 'crash', stage: pick(STAGE_NAMES.slice(0, 2)), moment: 'commit' }),
      () => one({ atTick, kind: 'rebalance', stage: pick(STAGE_NAMES) }),
      () => one({ atTick, kind: 'join' }, { atTick: later, kind: 'leave' }),
      () => one({ atTick, kind: 'duplicate', share: 0.3 }, { atTick: later, kind: 'duplicate', share: 0 }),
      () =>
        one(
          { atTick, kind: 'delay', steps: random.int(12) },
          { atTick: atTick + 1, kind: 'delay', steps: random.int(12) },
        ),
      () => one({ atTick, kind: 'loseAnswers', answers: 1 + random.int(3) }),
      () => one({ atTick, kind: 'emptyStore' }),
      () => one({ atTick, kind: 'loseFences' }),
      () => one({ atTick, kind: 'rememberStore' }, { atTick: later, kind: 'restoreStore' }),
      () => one({ atTick, kind: 'storeAway' }, { atTick: later, kind: 'storeBack' }),
      () => one({ atTick, kind: 'compact', topic: pick(['users', 'models']) }),
    ]
    pick(choices)()
  }
  planned.push(...planZombie(seed, ticks), ...planErasures(seed, ticks))
  return planned.sort((left, right) => left.atTick - right.atTick)
}

// These are drawn for themselves: seeds that are known for something keep their other mishaps.

function planZombie(seed: number, ticks: number): Mishap[] {
  const random = createRandom(`zombie/${String(seed)}`)
  if (!random.chance(ZOMBIE_SHARE)) return []
  const atTick = 1 + random.int(ticks)
  return [
    { atTick, kind: 'stopOwner' },
    { atTick: atTick + 1 + random.int(3), kind: 'wakeOwner' },
  ]
}

function planErasures(seed: number, ticks: number): Mishap[] {
  const random = createRandom(`erasures/${String(seed)}`)
  if (!random.chance(ERASURE_SHARE)) return []
  return Array.from({ length: 1 + random.int(ERASURES_MAX) }, () => ({
    atTick: 1 + random.int(ticks),
    kind: 'erase',
    topic: random.chance(0.5) ? 'users' : 'items',
    from: random.next(),
  }))
}

/** Lets mishaps happen. Answers how many batches may be worked off afterwards; null: all. */
export function createMishaps(planned: readonly Mishap[], victims: MishapVictims) {
  const { driver, store, zombies } = victims
  let remembered: MemorySnapshot | null = null

  function erase(topic: 'users' | 'items', from: number): void {
    const told = driver.rawRecords(topic).filter(({ value }) => value !== null)
    const last = told[Math.floor(from * told.length)]
    if (last !== undefined)
      driver.produceBytes(topic, { key: last.key, value: null, partition: last.partition })
  }

  async function befall(mishap: Mishap): Promise<void> {
    switch (mishap.kind) {
      case 'crash':
        return driver.runs(mishap.stage) ? driver.crashNext(mishap.stage, mishap.moment) : undefined
      case 'rebalance':
        return driver.runs(mishap.stage) ? driver.rebalance(mishap.stage) : undefined
      case 'join':
        return victims.join()
      case 'leave':
        return victims.leave()
      case 'duplicate':
        return driver.duplicate(mishap.share)
      case 'delay':
        return undefined
      case 'loseAnswers':
        return store.loseAnswers(mishap.answers)
      case 'emptyStore':
        return store.flush()
      case 'loseFences':
        return store.loseFences()
      case 'rememberStore':
        remembered = store.snapshot()
        return undefined
      case 'restoreStore':
        return remembered === null ? undefined : store.restore(remembered)
      case 'storeAway':
        return store.setUnavailable(true)
      case 'storeBack':
        return store.setUnavailable(false)
      case 'stopOwner':
        return zombies.stopNext()
      case 'wakeOwner':
        return zombies.wake()
      case 'compact':
        return driver.compact(mishap.topic)
      case 'erase':
        return erase(mishap.topic, mishap.from)
    }
  }

  return {
    async atTick(tick: number): Promise<number | null> {
      const due = planned.filter(({ atTick }) => atTick === tick)
      for (const mishap of due) await befall(mishap)
      const delays = due.flatMap((mishap) => (mishap.kind === 'delay' ? [mishap.steps] : []))
      return delays.length === 0 ? null : Math.min(...delays)
    },
    /** Whatever was switched off is on again. */
    async over(): Promise<void> {
      driver.duplicate(0)
      store.setUnavailable(false)
      store.loseAnswers(0)
      await zombies.wake()
      await victims.leave()
    },
  }
}
