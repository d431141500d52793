import type { Interaction, ItemInteractions } from '#schemas'
import { createLiveSteps } from '../replay/live-steps.ts'
import type { LoggedRecord, ReplayedRecords, ReplayedTopic } from '../replay/replay.ts'
import { freshCopies } from '../stages/fresh-copies.ts'
import { interactionDetails } from '../stages/interaction-details.ts'
import { createLateness } from '../stages/stream-time.ts'
import { EntityState } from '../state/entity-state.ts'
import { idHashOf } from '../state/recent-ids.ts'
import type { MirroredFeed } from './mirrored-feed.ts'
import { type MirroredSide, NEVER_SERVED } from './mirrored-side.ts'
import type { StateMirrorOptions } from './state-mirror.ts'

export interface MirrorRecords {
  take<T extends ReplayedTopic>(topic: T, record: LoggedRecord<ReplayedRecords[T]>): void
  /** Whether this offset of a partition, and all before it, have been taken. */
  hasRead(topic: ReplayedTopic, partition: number, offset: number): boolean
}

/** Puts what the live steps let pass into the tails of those whom it concerns. */
export function createMirrorRecords(
  options: StateMirrorOptions,
  sides: { user: MirroredSide; item: MirroredSide },
  feed: MirroredFeed | null,
): MirrorRecords {
  const { featureSet, startOf } = options
  const passed = createLiveSteps(options)
  const details = interactionDetails(featureSet)
  const nobody = new EntityState(featureSet.layouts.user)
  const { limits } = featureSet.config
  const tooLate = createLateness(limits, (partition) => startOf('interactions', partition).streamTimeMs)
  const positions = new Map<string, number>()
  const highs = new Map<number, Map<number, number>>()

  function takeInteraction(value: Interaction, at: LoggedRecord<Interaction>): void {
    const { userId, itemId, interactionId, type, occurredAtMs } = value
    const { offset, brokerTimeMs } = at
    if (tooLate(at.partition, occurredAtMs)) return
    feed?.add(value, at)
    const idHash = idHashOf(interactionId)
    const entry = { type, itemId, occurredAtMs, offset, brokerTimeMs, idHash }
    sides.user.take(userId)?.state.add({ ...entry, details: details.of(value, nobody) })
  }

  function takeCopies(value: ItemInteractions, at: LoggedRecord<unknown>): void {
    const { partition, offset, brokerTimeMs } = at
    let known = highs.get(partition)
    if (known === undefined) {
      known = new Map(startOf('itemInteractions', partition).sourceHighs)
      highs.set(partition, known)
    }
    for (const { itemId, types, copies, details: told } of freshCopies([{ value, offset }], known).items) {
      const item = sides.item.take(itemId)
      if (item === undefined) continue
      for (const { typeIndex, occurredAtMs, sourceOffset } of copies) {
        const entry = { type: types[typeIndex]!, itemId, occurredAtMs, offset, brokerTimeMs }
        item.state.add({ ...entry, details: told?.get(sourceOffset) })
      }
    }
  }

  function takeAttributes(topic: 'users' | 'items', record: LoggedRecord<never>): void {
    const told = record.value === null ? null : passed(topic, record)
    if (told === null && record.value !== null) return
    const keyed = record.key?.toString('utf8') ?? ''
    const id = told === null ? keyed : 'userId' in told ? told.userId : told.itemId
    const side = topic === 'users' ? sides.user : sides.item
    if (id !== '') side.take(id)?.attributes?.add({ offset: record.offset, told })
  }

  function eraseState(side: MirroredSide, { key, offset, brokerTimeMs }: LoggedRecord<unknown>): void {
    const known = side.sample.get(key?.toString('utf8') ?? '')
    if (known === undefined) return
    const nothing = { type: '', itemId: '', occurredAtMs: -1 }
    known.state.add({ ...nothing, offset, brokerTimeMs, isErased: true })
    known.served = { ...NEVER_SERVED }
  }

  return {
    hasRead: (topic, partition, offset) =>
      (positions.get(`${topic} ${String(partition)}`) ?? startOf(topic, partition).offset) > offset,
    take(topic, record) {
      const { partition, offset } = record
      positions.set(`${topic} ${String(partition)}`, offset + 1)
      const logged = record as LoggedRecord<never>
      if (topic === 'users' || topic === 'items') return takeAttributes(topic, logged)
      if (record.value === null) return eraseState(topic === 'interactions' ? sides.user : sides.item, record)
      const value = passed(topic as 'interactions' | 'itemInteractions', logged)
      if (value === null) return
      if ('items' in value) takeCopies(value, record)
      else takeInteraction(value, record as LoggedRecord<Interaction>)
    },
  }
}
