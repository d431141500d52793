/** What `replay start` was asked for, as far as every kind of replay knows it. */
export interface OtherStart {
  into: string
  from: string
  to: string
  /** Records a second; left out: what is left. */
  rate?: number
  /** Folder of an archive that is read before the topics. */
  archive?: string
  json?: true
}

/** One of them in `replay list`: its cells, and all that is known of it. */
export interface OtherLook {
  row: (string | number)[]
  told: object
}

/**
 * Replays of what another part makes (`--what examples`), by the same commands. Each command is asked for a name first, and
 * answers whether it is one of theirs.
 */
export interface OtherReplays {
  start(asked: OtherStart): Promise<void>
  has(name: string): Promise<boolean>
  looks(): Promise<OtherLook[]>
  status(name: string, asked: { json?: true }): Promise<boolean>
  pause(name: string, asked: { json?: true }): Promise<boolean>
  resume(name: string, asked: { rate?: number; json?: true }): Promise<boolean>
  cancel(name: string, asked: { json?: true }): Promise<boolean>
}
