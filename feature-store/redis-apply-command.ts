import { Command } from 'ioredis'
import { UTF8_BYTES_PER_UNIT_MAX, writeUtf8 } from '#streams'
import { formatHighs } from './fence.ts'
import { ACTIVITY_SUFFIX } from './redis-read.ts'
import type { ApplyRequest } from './state-store.ts'

const CR = 0x0d
const LF = 0x0a
const DOLLAR = 0x24
const ZERO = 0x30
/** `$`, ten digits, and two line ends. */
const FRAME_BYTES_MAX = 15

/** Bytes are given, so that ioredis need not make several buffers for every state. */
class PackedCommand extends Command {
  readonly #fenceKey: string
  readonly #bytes: Buffer

  constructor(name: string, args: string[], fenceKey: string, bytes: Buffer) {
    super(name, args)
    this.#fenceKey = fenceKey
    this.#bytes = bytes
  }

  /** Of all its keys; a Cluster sends it there. */
  override getSlot(): number {
    return new Command('get', [this.#fenceKey]).getSlot()
  }

  override toWritable(): Buffer {
    return this.#bytes
  }
}

/** A script by its hash, or with its text for a Redis that does not know it yet. */
export interface ScriptCall {
  name: 'evalsha' | 'eval'
  script: string
}

/**
 * The call of `lua/apply.lua` for a request, as one buffer. A batch has hundreds of states; five objects for each would
 * be a fifth of all garbage of the features. Values begin with the store's id.
 *
 * @param fenceKey the whole key of the partition's fence; those of its states are `fenceKey:id`, that of its activity `fenceKey@active`
 */
export function applyCommand({ name, script }: ScriptCall, fenceKey: string, request: ApplyRequest): Command {
  const { writes, deletes, activity } = request
  const written = writes.length + (activity === undefined ? 0 : 1)
  const keyCount = String(1 + written + deletes.length)
  const words = [
    request.storeId,
    String(request.epoch),
    String(request.expectedOffset),
    String(request.nextOffset),
    String(request.streamTimeMs),
    String(Math.round(request.appliedAtMs)),
    formatHighs(request.sourceHighs),
    String(written),
    String(activity?.horizonMs ?? -1),
  ]
  const born = Buffer.from(request.storeId, 'latin1')
  const prefix = Buffer.from(`${fenceKey}:`)
  const packer = createPacker(sizeMax())

  packer.count(3 + 1 + written + deletes.length + words.length + written)
  for (const word of [name, script, keyCount, fenceKey]) packer.text(word)
  for (const { id } of writes) packer.key(prefix, id)
  if (activity !== undefined) packer.text(`${fenceKey}${ACTIVITY_SUFFIX}`)
  for (const id of deletes) packer.key(prefix, id)
  for (const word of words) packer.text(word)
  for (const { blob } of writes) packer.parts(born, blob)
  if (activity !== undefined) packer.parts(born, activity.blob)
  return new PackedCommand(name, [script, keyCount], fenceKey, packer.bytes())

  function sizeMax(): number {
    const idFrame = FRAME_BYTES_MAX + prefix.length
    let size = 1_000 + UTF8_BYTES_PER_UNIT_MAX * (script.length + 2 * fenceKey.length)
    size += born.length + (activity?.blob.length ?? 0)
    for (const word of words) size += FRAME_BYTES_MAX + word.length
    for (const id of deletes) size += idFrame + id.length * UTF8_BYTES_PER_UNIT_MAX
    for (const { id, blob } of writes)
      size += idFrame + id.length * UTF8_BYTES_PER_UNIT_MAX + FRAME_BYTES_MAX + born.length + blob.length
    return size
  }
}

/** Writes arrays of bulk strings (RESP 2, https://redis.io/docs/latest/develop/reference/protocol-spec/). */
function createPacker(sizeMax: number) {
  const buffer = Buffer.allocUnsafe(sizeMax)
  let at = 0

  function lineEnd(): void {
    buffer[at++] = CR
    buffer[at++] = LF
  }

  function length(bytes: number): void {
    buffer[at++] = DOLLAR
    let digits = 1
    for (let rest = bytes; rest > 9; rest = Math.trunc(rest / 10)) digits += 1
    for (let place = at + digits - 1, rest = bytes; place >= at; place--) {
      buffer[place] = ZERO + (rest % 10)
      rest = Math.trunc(rest / 10)
    }
    at += digits
    lineEnd()
  }

  return {
    count(elements: number): void {
      at += buffer.write(`*${String(elements)}\r\n`, at, 'latin1')
    },
    text(text: string): void {
      length(Buffer.byteLength(text))
      at = writeUtf8(text, buffer, at)
      lineEnd()
    },
    key(prefix: Buffer, id: string): void {
      length(prefix.length + Buffer.byteLength(id))
      buffer.set(prefix, at)
      at += prefix.length
      at = writeUtf8(id, buffer, at)
      lineEnd()
    },
    parts(head: Buffer, tail: Buffer): void {
      length(head.length + tail.length)
      buffer.set(head, at)
      at += head.length
      buffer.set(tail, at)
      at += tail.length
      lineEnd()
    },
    bytes: () => buffer.subarray(0, at),
  }
}
