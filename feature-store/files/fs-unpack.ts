import { createReadStream, existsSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { LogUnreadableError } from './errors.ts'

const PACKED_SUFFIXES = ['', '.gz', '.zst'] as const

/** The file of this name in the folder, plain or packed; undefined when there is none. */
export function findFile(directory: string, name: string): string | undefined {
  return PACKED_SUFFIXES.map((suffix) => join(directory, `${name}${suffix}`)).find((path) => existsSync(path))
}

/** What a file's first bytes say it is. */
const MAGIC: readonly (readonly [
  kind: 'gzip' | 'zstd' | 'parquet' | 'zip' | 'utf-16',
  bytes: readonly number[],
])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['parquet', [0x50, 0x41, 0x52, 0x31]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['utf-16', [0xff, 0xfe]],
  ['utf-16', [0xfe, 0xff]],
]

type FileKind = (typeof MAGIC)[number][0] | 'plain'

/** @throws LogUnreadableError when there is no such file, or it is a folder or empty */
export async function fileKindOf(path: string): Promise<FileKind> {
  if (!existsSync(path)) throw new LogUnreadableError(path, 'there is no such file')
  if (statSync(path).isDirectory()) throw new LogUnreadableError(path, 'is a folder; name a file in it')
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    if (bytesRead === 0) throw new LogUnreadableError(path, 'is empty')
    return MAGIC.find(([, bytes]) => bytes.every((byte, at) => buffer[at] === byte))?.[0] ?? 'plain'
  } finally {
    await file.close()
  }
}

/**
 * The text of a file, unpacked by what its first bytes say (gzip, zstd), whatever its name.
 *
 * @throws LogUnreadableError when it is no text
 */
export async function openText(path: string): Promise<{ file: Readable; through: NodeJS.ReadWriteStream[] }> {
  const kind = await fileKindOf(path)
  const refusal = REFUSED[kind]
  if (refusal !== undefined) throw new LogUnreadableError(path, refusal)
  const unpack = kind === 'gzip' ? [createGunzip()] : kind === 'zstd' ? [unpackZstd()] : []
  return { file: createReadStream(path), through: unpack }
}

const REFUSED: Partial<Record<FileKind, string>> = {
  parquet: "is a Parquet file; read it as '--dataset parquet'",
  zip: 'is a zip archive; unzip it first',
  'utf-16': 'is UTF-16 text; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)',
}

function unpackZstd(): Transform {
  const decompress = new Decompress()
  let ended = false
  const transform = new Transform({
    transform(chunk: Buffer, _, done) {
      attempt(done, () => {
        decompress.push(chunk)
      })
    },
    flush(done) {
      attempt(done, () => {
        if (!ended) decompress.push(new Uint8Array(0), true)
      })
    },
  })
  decompress.ondata = (chunk, isLast) => {
    ended = isLast === true
    transform.push(Buffer.from(chunk))
  }
  return transform
}

function attempt(done: (error?: Error) => void, act: () => void): void {
  try {
    act()
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)))
    return
  }
  done()
}
