/** Bytes outside of memory that nobody needs once this process is gone. */
export interface ScratchFile {
  /** @returns false: there is no room on the disk */
  write(position: number, bytes: Uint8Array): Promise<boolean>
  read(position: number, length: number): Promise<Buffer>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}
