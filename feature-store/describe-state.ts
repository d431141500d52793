import type { AttributesLayout } from './attributes/attributes-layout.ts'
import type { AttributesState } from './attributes/attributes-state.ts'
import { remaining } from './state/decay.ts'
import type { EntityState } from './state/entity-state.ts'
import type { CounterSlot, StateLayout } from './state/layout.ts'
import type { OwnNumber } from './state/own-slot.ts'
import { spellOut } from './state/spell-out.ts'

/** A state as a person would read it. Counters as stored (as of the last event), and as of `atMs` when given. */
export function describeState(
  layout: StateLayout,
  state: EntityState,
  atMs = state.asOfMs,
): Record<string, unknown> {
  const spelled = spellOut(layout, state)
  const counts = (slots: readonly CounterSlot[], counters: readonly number[]) =>
    Object.fromEntries(
      slots.map((slot, i) => {
        const left = slot.halfLifeMs === null ? 1 : remaining(atMs - state.asOfMs, slot.halfLifeMs)
        return [counterName(slot), counters[i]! * left]
      }),
    )
  return {
    applied: state.applied,
    lastOffset: state.lastOffset,
    asOf: moment(state.asOfMs),
    counters: counts(layout.counters, spelled.counters),
    windows: layout.windows.map(({ types, bucketMs }, i) => ({
      types,
      bucketMinutes: bucketMs / 60_000,
      newest: moment(spelled.windows[i]!.newest * bucketMs),
      counts: spelled.windows[i]!.counts,
    })),
    lastSeen: Object.fromEntries(
      layout.recencies.map(({ types }, i) => [types.join('+'), moment(spelled.recencies[i]!)]),
    ),
    crosses: layout.maps.map(({ attribute, bands, counters }, m) => ({
      by: attribute,
      ...(bands === null ? {} : { bands }),
      values: Object.fromEntries(
        spelled.maps[m]!.map((entry) => [entry.key, counts(counters, entry.counters)]),
      ),
    })),
    ...(layout.own.length === 0 ? {} : { own: describeOwn(layout, state) }),
  }
}

function describeOwn({ own, places, maps }: StateLayout, state: EntityState): Record<string, unknown>[] {
  let m = maps.length
  return own.map(({ spec, numbers, entries }, i) => {
    const named = (slots: readonly OwnNumber[], values: readonly number[], at: number) =>
      Object.fromEntries(
        slots.map(({ name, stored }, n) => [
          name,
          stored === 'moment' ? moment(values[at + n]!) : values[at + n]!,
        ]),
      )
    const described = { ...spec, ...named(numbers, state.numbers, places.own[i]!) }
    if (entries === null) return described
    const listed = (counters: readonly number[]) =>
      entries.listMax === undefined ? {} : { list: counters.slice(entries.numbers.length) }
    const values = state.maps[m++]!.map(({ key, counters }) => [
      key,
      { ...named(entries.numbers, counters, 0), ...listed(counters) },
    ])
    return { ...described, values: Object.fromEntries(values) as Record<string, unknown> }
  })
}

export function describeAttributes(
  layout: AttributesLayout,
  state: AttributesState,
): Record<string, unknown> {
  return {
    applied: state.applied,
    lastOffset: state.lastOffset,
    firstSeen: moment(state.firstAtMs),
    atFirstSight: Object.fromEntries(layout.fixed.map((name, i) => [name, state.firstValues[i]])),
    versions: state.versions.map(({ occurredAtMs, values }) => ({
      since: moment(occurredAtMs),
      ...Object.fromEntries(layout.stored.map(({ name }, i) => [name, values[i]])),
    })),
  }
}

const counterName = ({ types, halfLifeMs }: CounterSlot) =>
  `${types.join('+')} (${halfLifeMs === null ? 'all' : `half-life ${String(halfLifeMs / 60_000)} min`})`

const moment = (ms: number) => (ms < 0 ? null : new Date(ms).toISOString())
