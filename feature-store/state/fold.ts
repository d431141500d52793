import { fade, remaining, remainingEach } from './decay.ts'
import { type EntityState, type MapEntry, PLACE } from './entity-state.ts'
import type { StateLayout } from './layout.ts'
import { type Details, NO_DETAILS, touchEntry, type OwnTouch } from './own-slot.ts'
import { addToWindow } from './window.ts'

const NO_KEYS: readonly (string | null)[] = []
const NO_ENTRIES: MapEntry[] = []
const factorsByLayout = new WeakMap<StateLayout, Float64Array>()

/**
 * Folds one interaction into a state, in place. Event time only; a late one adds what would be left of it by now.
 * Cost: a few multiplications per slot, whatever the history.
 *
 * Counters, windows and recencies come out the same in any order up to rounding (windows and recencies exactly);
 * which values a map still knows depends on the order once there are more than `valuesMax`. Own slots: as their kind says.
 *
 * Type, event time, lookups and details are all that may influence a state.
 *
 * @param occurredAtMs event time, whole milliseconds
 * @param offset in the entity's own partition
 * @param keys per lookup of the layout, the value to count under (see mapKeyOf); null counts nowhere
 * @param details what own slots may ask for
 */
export function fold(
  layout: StateLayout,
  state: EntityState,
  type: string,
  occurredAtMs: number,
  offset: number,
  keys: readonly (string | null)[] = NO_KEYS,
  details: Details = NO_DETAILS,
): void {
  const { numbers } = state
  const { places } = layout
  numbers[PLACE.applied]!++
  numbers[PLACE.lastOffset] = offset
  advance(layout, state, occurredAtMs)
  const touches = layout.touches.get(type)
  if (touches === undefined) return
  const lateMs = numbers[PLACE.asOfMs]! - occurredAtMs
  addAmounts(numbers, places.counters, touches.counters, layout.counterHalfLives, layout.halfLivesMs, lateMs)
  for (const i of touches.windows) addToWindow(numbers, places.windows[i]!, layout.windows[i]!, occurredAtMs)
  for (const i of touches.recencies) {
    const at = places.recencies + i
    if (numbers[at]! < occurredAtMs) numbers[at] = occurredAtMs
  }
  if (touches.own.length > 0) foldOwn(touches.own, state, occurredAtMs, keys, details)
  if (!touches.mapsTouched) return
  for (let m = 0; m < touches.maps.length; m++) {
    const inside = touches.maps[m]!
    const key = keys[m] ?? null
    if (key === null || inside.length === 0) continue
    const entry = touchEntry(state.maps[m]!, key, layout.mapBlanks[m]!, layout.maps[m]!.valuesMax)
    addAmounts(entry.counters, 0, inside, layout.mapHalfLives[m]!, layout.halfLivesMs, lateMs)
  }
}

function foldOwn(
  touched: readonly OwnTouch[],
  { numbers, maps }: EntityState,
  occurredAtMs: number,
  keys: readonly (string | null)[],
  details: Details,
): void {
  for (const { fold, at, entries, lookup } of touched) {
    const key = lookup < 0 ? null : (keys[lookup] ?? null)
    fold(numbers, at, occurredAtMs, entries < 0 ? NO_ENTRIES : maps[entries]!, key, details)
  }
}

/** Adds to these counters, the first of which is at `first`, what is left by now of an interaction that came late. */
function addAmounts(
  numbers: number[],
  first: number,
  touched: readonly number[],
  halfLives: readonly number[],
  halfLivesMs: readonly number[],
  lateMs: number,
): void {
  for (const i of touched) {
    const halfLife = halfLives[i]!
    numbers[first + i]! += halfLife < 0 ? 1 : remaining(lateMs, halfLivesMs[halfLife]!)
  }
}

/** Moves the state's clock forward and fades what fades; entries with nothing left are forgotten. */
function advance(layout: StateLayout, state: EntityState, occurredAtMs: number): void {
  const { numbers } = state
  const asOfMs = numbers[PLACE.asOfMs]!
  if (occurredAtMs <= asOfMs) return
  const elapsedMs = asOfMs < 0 ? 0 : occurredAtMs - asOfMs
  numbers[PLACE.asOfMs] = occurredAtMs
  if (elapsedMs === 0) return
  const factors = factorsOf(layout)
  remainingEach(elapsedMs, layout.halfLivesMs, factors)
  fade(numbers, layout.places.counters, layout.counterHalfLives, factors)
  for (let m = 0; m < layout.maps.length; m++) {
    const entries = state.maps[m]!
    let kept = 0
    for (const entry of entries) {
      fade(entry.counters, 0, layout.mapHalfLives[m]!, factors)
      if (entry.counters.some((count) => count > 0)) entries[kept++] = entry
    }
    entries.length = kept
  }
}

function factorsOf(layout: StateLayout): Float64Array {
  let factors = factorsByLayout.get(layout)
  if (factors === undefined) {
    factors = new Float64Array(layout.halfLivesMs.length)
    factorsByLayout.set(layout, factors)
  }
  return factors
}
