import type { ModelArtifact } from '#schemas'

export interface ArtifactShelfOptions {
  /** Of one model file. */
  artifactBytesMax: number
  /** Of all files and pieces held. */
  artifactsHeldBytesMax: number
}

interface Pieces {
  sha256: string
  parts: (Buffer | undefined)[]
  missing: number
  bytes: number
  /** Grows with every piece that changed something. */
  version: number
  whole: Uint8Array | undefined
}

export type ArtifactVerdict = 'held' | 'malformed' | 'too_large'

/** Puts model files together from their pieces, in any order, and holds them within a bound of bytes. */
export interface ArtifactShelf {
  add(piece: ModelArtifact): ArtifactVerdict
  /** The whole file, unproven; undefined while a piece is missing. */
  file(modelId: string): { onnx: Uint8Array; version: number } | undefined
  forget(modelId: string): void
  /**
   * Drops files until the bound holds: those that are not wanted, oldest first, then the least wanted. The first
   * wanted one always stays. Answers the model ids that were dropped.
   */
  evict(wantedMostFirst: readonly string[]): string[]
}

const PIECES_MAX = 10_000

export function createArtifactShelf({
  artifactBytesMax,
  artifactsHeldBytesMax,
}: ArtifactShelfOptions): ArtifactShelf {
  const shelf = new Map<string, Pieces>()
  let heldBytes = 0
  let lastVersion = 0

  function forget(modelId: string): void {
    heldBytes -= shelf.get(modelId)?.bytes ?? 0
    shelf.delete(modelId)
  }

  /** A file whose sha256 or piece count is new is another upload: it starts over. */
  function piecesOf({ modelId, sha256, count }: ModelArtifact): Pieces {
    const held = shelf.get(modelId)
    if (held?.sha256 === sha256 && held.parts.length === count) return held
    forget(modelId)
    const parts = Array.from({ length: count }, () => undefined)
    const begun: Pieces = { sha256, parts, missing: count, bytes: 0, version: 0, whole: undefined }
    shelf.set(modelId, begun)
    return begun
  }

  return {
    add(piece) {
      const { modelId, index, count, bytes } = piece
      if (!(Number.isInteger(count) && count >= 1 && count <= PIECES_MAX)) return 'malformed'
      if (!(Number.isInteger(index) && index >= 0 && index < count)) return 'malformed'
      const pieces = piecesOf(piece)
      const old = pieces.parts[index]
      if (old?.equals(bytes) === true) return 'held'
      const growth = bytes.length - (old?.length ?? 0)
      if (pieces.bytes + growth > artifactBytesMax) {
        forget(modelId)
        return 'too_large'
      }
      // A copy: a decoded Buffer may keep a whole fetch in memory.
      pieces.parts[index] = Buffer.from(bytes)
      pieces.missing -= old === undefined ? 1 : 0
      pieces.bytes += growth
      pieces.version = ++lastVersion
      pieces.whole = undefined
      heldBytes += growth
      return 'held'
    },
    file(modelId) {
      const pieces = shelf.get(modelId)
      if (pieces === undefined || pieces.missing > 0) return undefined
      pieces.whole ??= Buffer.concat(pieces.parts as Buffer[])
      pieces.parts = pieces.parts.length === 1 ? [pieces.whole as Buffer] : pieces.parts
      return { onnx: pieces.whole, version: pieces.version }
    },
    forget,
    evict(wantedMostFirst) {
      if (heldBytes <= artifactsHeldBytesMax) return []
      const wanted = [...new Set(wantedMostFirst)]
      const unwanted = [...shelf.keys()].filter((modelId) => !wanted.includes(modelId))
      const evicted: string[] = []
      for (const modelId of [...unwanted, ...wanted.slice(1).reverse()]) {
        if (heldBytes <= artifactsHeldBytesMax) break
        if (!shelf.has(modelId)) continue
        forget(modelId)
        evicted.push(modelId)
      }
      return evicted
    },
  }
}
