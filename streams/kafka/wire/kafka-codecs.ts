import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Decompress as ZstdFrames } from 'fzstd'
import kafkajs from 'kafkajs'
import { OperatorError } from '../../errors.ts'
import { asFinal } from '../kafka-errors.ts'
import { unpackLz4 } from './lz4-frame.ts'
import { unpackSnappy } from './snappy-blocks.ts'

/**
 * One record batch unpacks to so much at most: five times what a topic of the catalogue takes packed. A few kilobytes
 * could fill the memory otherwise.
 */
export const UNPACKED_BYTES_MAX = 64 * 1024 * 1024

type Unpack = (packed: Buffer, bytesMax: number) => Buffer | Promise<Buffer>

interface Codec {
  name: string
  unpack: Unpack
}

const unzip = promisify(gunzip)

/** By the number in a batch's attributes: https://kafka.apache.org/documentation/#recordbatch */
export const CODECS: Readonly<Record<number, Codec>> = {
  1: { name: 'gzip', unpack: (packed, bytesMax) => unzip(packed, { maxOutputLength: bytesMax }) },
  2: { name: 'snappy', unpack: unpackSnappy },
  3: { name: 'lz4', unpack: unpackLz4 },
  4: { name: 'zstd', unpack: unpackZstd },
}

function unpackZstd(packed: Buffer, bytesMax: number): Buffer {
  const chunks: Uint8Array[] = []
  let bytes = 0
  let isWhole = false
  const frames = new ZstdFrames((chunk, isLast) => {
    bytes += chunk.length
    if (bytes > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`)
    chunks.push(chunk)
    isWhole ||= isLast === true
  })
  frames.push(packed, true)
  if (!isWhole) throw new SyntaxError('zstd that is cut off')
  return Buffer.concat(chunks)
}

/**
 * What any producer may send: gzip, snappy, lz4 and zstd.
 *
 * @throws OperatorError `compression` for another codec, for what is no such thing, and for what unpacks to more than
 *   UNPACKED_BYTES_MAX
 */
export async function unpackBatch(
  codec: number,
  packed: Buffer,
  bytesMax = UNPACKED_BYTES_MAX,
): Promise<Buffer> {
  const known = CODECS[codec]
  if (known === undefined)
    throw unreadable(`A topic holds records compressed with codec ${codec}, which is not known here`)
  try {
    return await known.unpack(packed, bytesMax)
  } catch (error) {
    if (error instanceof RangeError)
      throw unreadable(
        `A record batch of ${packed.length} bytes, compressed with ${known.name}, unpacks to more than ${bytesMax} bytes`,
      )
    const why = error instanceof Error ? error.message : String(error)
    throw unreadable(`A record batch says that it is compressed with ${known.name}, and is not (${why})`)
  }
}

const unreadable = (what: string) =>
  asFinal(
    new OperatorError(
      'compression',
      `${what}: remove it (kafka-delete-records) and have its producer send it again.`,
    ),
  )

/** For what kafkajs reads with its own decoder. It only unpacks: nothing is compressed here. */
export function registerCodecs(): void {
  const codecs = kafkajs.CompressionCodecs as Record<number, unknown>
  for (const [number, { name }] of Object.entries(CODECS)) {
    if (name === 'gzip') continue // kafkajs has it
    codecs[Number(number)] = () => ({
      compress: () => Promise.reject(new Error(`feedloop does not write ${name}`)),
      decompress: (packed: Buffer) => unpackBatch(Number(number), packed),
    })
  }
}
