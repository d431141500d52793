/** Where an archive lies: a local folder (fs-archive-place.ts), or whatever can put, list and get whole objects. */
export interface ArchivePlace {
  /** As an operator would write it. */
  readonly where: string
  /** Whole or not at all: nobody ever sees half of it. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Every object whose name begins so. */
  list(prefix: string): Promise<{ name: string; bytes: number }[]>
  /** null: there is none. */
  get(name: string): Promise<Uint8Array | null>
  remove(name: string): Promise<void>
}
