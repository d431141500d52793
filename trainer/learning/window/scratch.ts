/** Where a window puts what does not fit in memory. Nothing in it outlives the process that wrote it. */
export interface Scratch {
  /** @returns the name of it. @throws Error when it cannot be written: a full disk, most likely */
  write(bytes: Uint8Array): string
  readNow(name: string): Uint8Array
  read(name: string): Promise<Uint8Array>
  delete(name: string): void
}

/** A folder of it. */
export interface ScratchFolder extends Scratch {
  /** Deletes all of it. */
  close(): void
}

export const NO_SCRATCH: ScratchFolder = {
  write() {
    throw new Error('there is no folder for it')
  },
  readNow: () => new Uint8Array(),
  read: () => Promise.resolve(new Uint8Array()),
  delete() {
    // Nothing is there.
  },
  close() {
    // Nothing is there.
  },
}
