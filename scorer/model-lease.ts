import type { ModelSession, ProvenModel } from './model/index.ts'

/** The right to one prediction on a model that may be replaced meanwhile. */
export interface ModelLease {
  readonly session: ModelSession
  release(): void
}

/** An open model that is closed after its last lease. */
export interface LeasedModel {
  readonly session: ProvenModel
  /** Which bytes it was opened from. */
  readonly fileVersion: number
  lease(): ModelLease
  /** No new leases are given by the slot; resolves when the last one is back and the session is closed. */
  retire(): Promise<void>
}

export function createLeasedModel(session: ProvenModel, fileVersion: number): LeasedModel {
  let leases = 0
  let lastIsBack: (() => void) | undefined
  return {
    session,
    fileVersion,
    lease() {
      leases += 1
      let isReleased = false
      return {
        session,
        release() {
          if (isReleased) return
          isReleased = true
          leases -= 1
          if (leases === 0) lastIsBack?.()
        },
      }
    },
    async retire() {
      if (leases > 0) await new Promise<void>((resolve) => (lastIsBack = resolve))
      await session.close()
    },
  }
}
