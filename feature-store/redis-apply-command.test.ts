import fc from 'fast-check'
import { Command } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { formatHighs } from './fence.ts'
import { applyCommand } from './redis-apply-command.ts'
import type { ApplyRequest } from './state-store.ts'

const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const blob = fc.uint8Array({ maxLength: 1_100 }).map((bytes) => Buffer.from(bytes))
const id = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('\ud800'))
const requests = fc.record({
  tag: fc.string({ unit: 'binary' }),
  storeId: fc.stringMatching(/^[\w-]{8}$/),
  epoch: fc.nat(),
  expectedOffset: offset,
  nextOffset: offset,
  streamTimeMs: fc.oneof(offset, fc.constant(-1)),
  appliedAtMs: fc.double({ min: 0, max: 1e13, noNaN: true }),
  sourceHighs: fc.array(fc.tuple(fc.nat(), offset)).map((highs) => new Map(highs)),
  writes: fc.array(fc.record({ id, blob }), { maxLength: 40 }),
  deletes: fc.array(id),
  activity: fc.option(fc.record({ blob, horizonMs: fc.oneof(offset, fc.constant(-1)) }), { nil: undefined }),
}) as fc.Arbitrary<ApplyRequest>

/** As ioredis writes it when it is given the arguments one by one. */
function plain(name: string, script: string, fenceKey: string, request: ApplyRequest): Buffer {
  const { activity } = request
  const keys = [
    ...request.writes.map((write) => `${fenceKey}:${write.id}`),
    ...(activity === undefined ? [] : [`${fenceKey}@active`]),
    ...request.deletes.map((of) => `${fenceKey}:${of}`),
  ]
  const { storeId, epoch, expectedOffset, nextOffset, streamTimeMs, appliedAtMs, sourceHighs } = request
  const header = [storeId, epoch, expectedOffset, nextOffset, streamTimeMs, Math.round(appliedAtMs)]
  const blobs = [
    ...request.writes.map((write) => write.blob),
    ...(activity === undefined ? [] : [activity.blob]),
  ]
  const values = blobs.map((bytes) => Buffer.concat([Buffer.from(storeId), bytes]))
  const counted = [...header, formatHighs(sourceHighs), values.length, activity?.horizonMs ?? -1]
  const args = [script, keys.length + 1, fenceKey, ...keys, ...counted, ...values]
  return Buffer.from(new Command(name, args).toWritable({}))
}

describe('applyCommand', () => {
  it('is byte for byte what ioredis writes', () => {
    fc.assert(
      fc.property(requests, fc.string({ unit: 'binary' }), fc.string(), (request, fenceKey, script) => {
        for (const name of ['eval', 'evalsha'] as const)
          expect(applyCommand({ name, script }, fenceKey, request).toWritable({})).toEqual(
            plain(name, script, fenceKey, request),
          )
      }),
    )
  })
})
