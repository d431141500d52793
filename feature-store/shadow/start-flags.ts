import { InvalidArgumentError } from 'commander'
import { parseDuration } from './range.ts'
import type { ReplayTopic } from './replay-job.ts'

/** Of `replay start`. */
export interface StartFlags {
  what: 'features' | 'examples'
  from: string
  to: string
  into: string
  topics?: readonly ReplayTopic[]
  rate?: number
  yieldAbove: number | null
  niceness: number
  forConfig?: true
  archive?: string
  json?: true
}

/** Of `replay resume`. */
export interface ResumeFlags {
  rate?: number
  niceness: number
  json?: true
}

/** Far above what an interaction takes while nothing is wrong, and still seconds. */
export const YIELD_ABOVE_MS = 1_000
const NICENESS_MAX = 19
/** A tenth of the share of what serves, as fits have it. */
const NICENESS_USUAL = 10
/** An option of Commander, its four arguments. */
export const NICENESS = [
  '--niceness <n>',
  'priority of its process on Linux: 0 as everybody, 19 what is left (default: 10)',
  parseNiceness,
  NICENESS_USUAL,
] as const

const TOPIC_WORDS: Record<string, ReplayTopic> = {
  interactions: 'interactions',
  'item-interactions': 'itemInteractions',
  users: 'users',
  items: 'items',
}

export function parseYield(text: string): number | null {
  return text === 'never' ? null : parseDuration(text)
}

function parseNiceness(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= NICENESS_MAX) return value
  throw new InvalidArgumentError('must be a whole number from 0 to 19.')
}

export function topicsOf(text: string): ReplayTopic[] {
  return text.split(',').map((word) => {
    const topic = TOPIC_WORDS[word.trim()]
    if (topic === undefined)
      throw new InvalidArgumentError(`must be some of ${Object.keys(TOPIC_WORDS).join(', ')}.`)
    return topic
  })
}
