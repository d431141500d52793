import type { Laws } from './behaviour.ts'
import type { Injection } from './config.ts'
import type { ShelfMood } from './shelf.ts'

/** What was done to the feed so far, and what it changed. */
export interface Injections {
  readonly laws: Laws
  readonly mood: ShelfMood
  readonly injected: readonly { kind: Injection['kind']; atMs: number }[]
  /** @returns until when interactions are held back; null: they are not */
  inject(injection: Injection, atMs: number): number | null
}

const MINUTE_MS = 60_000

export function createInjections(): Injections {
  const laws: Laws = { turns: 0 }
  const mood: ShelfMood = { flood: false, priceMissing: false }
  const injected: { kind: Injection['kind']; atMs: number }[] = []
  return {
    laws,
    mood,
    injected,
    inject({ kind, forMinutes }, atMs) {
      injected.push({ kind, atMs })
      switch (kind) {
        case 'concept':
          laws.turns++
          return null
        case 'data':
          mood.flood = true
          return null
        case 'upstream':
          mood.priceMissing = true
          return null
        case 'lag':
          return atMs + forMinutes * MINUTE_MS
      }
    },
  }
}
