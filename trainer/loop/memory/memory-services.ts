import type { LoopService } from '#schemas'
import type { MemoryRuntime, RunningStage } from '#streams'

/** Who watches for skew is played beside them: it needs a clock of its own (MemoryLoopOptions.skew). */
type PlayedService = Exclude<LoopService, 'skew'>
export type ServiceStarts = Record<PlayedService, () => Promise<RunningStage>>

/** The services of a loop in memory, and their supervisor. */
export interface MemoryServices {
  /** Services that ended by themselves. */
  deaths(): number
  /** What a supervisor does. A service that cannot start yet stays dead until the next time. */
  restartDead(): Promise<void>
  /** Until everything runs and nothing is left to do. */
  recover(): Promise<void>
  /** Another process of the feature store joins its groups. */
  join(): Promise<void>
  leave(): Promise<void>
  stop(): Promise<void>
}

/** More restarts than any plan of mishaps needs. */
const RESTARTS_MAX = 100

export async function startMemoryServices(
  runtime: MemoryRuntime,
  start: ServiceStarts,
): Promise<MemoryServices> {
  const dead = new Set<PlayedService>()
  let deaths = 0
  let guest: RunningStage | null = null
  const running: Record<PlayedService, RunningStage> = {
    features: await runtime.settleUntil(start.features()),
    scorer: await runtime.settleUntil(start.scorer()),
    trainer: await runtime.settleUntil(start.trainer()),
  }
  for (const service of Object.keys(running) as PlayedService[]) {
    noteDeath(service)
    await runtime.settleUntil(running[service].ready)
  }

  function noteDeath(service: PlayedService): void {
    running[service].done.catch(() => {
      dead.add(service)
      deaths += 1
    })
  }

  async function restart(service: PlayedService): Promise<void> {
    dead.delete(service)
    await runtime.settleUntil(running[service].stop().catch(() => undefined))
    running[service] = await runtime.settleUntil(start[service]())
    noteDeath(service)
    await runtime.settleUntil(running[service].ready.catch(() => undefined))
    await runtime.settle()
  }

  async function restartDead(): Promise<void> {
    for (const service of [...dead]) await restart(service)
  }

  async function leave(): Promise<void> {
    const left = guest
    guest = null
    if (left !== null) await runtime.settleUntil(left.stop().catch(() => undefined))
  }

  return {
    deaths: () => deaths,
    restartDead,
    async recover() {
      await runtime.settle()
      for (let restarts = 0; dead.size > 0; restarts++) {
        if (restarts === RESTARTS_MAX) throw new Error(`${[...dead].join()} died again and again`)
        await restartDead()
      }
    },
    async join() {
      await leave()
      const joined = await runtime.settleUntil(start.features())
      guest = joined
      joined.ready.catch(() => undefined) // told by `done`
      joined.done.catch(() => (deaths += 1))
    },
    leave,
    async stop() {
      for (const service of Object.values(running)) await service.stop()
    },
  }
}
