import { groupOf, type StageName } from '#schemas'
import { createPlainKafka, type KafkaAddress } from '#streams'

/** The consumer groups of one loop, by the prefix of their names. */
export interface LoopGroups {
  /** Of these stages, those whose group has no member that reads yet. */
  notReady(stages: readonly StageName[]): Promise<StageName[]>
  /** Deletes the groups that nobody is in any more. */
  forget(): Promise<void>
  close(): Promise<void>
}

export async function openLoopGroups(address: KafkaAddress, prefix: string): Promise<LoopGroups> {
  const kafka = createPlainKafka(address, { clientId: 'feedloop-groups' })
  const admin = kafka.admin()
  await admin.connect()
  return {
    async notReady(stages) {
      const names = stages.map((stage) => groupOf(prefix, stage))
      const { groups } = await admin.describeGroups(names)
      const stable = new Set(
        groups.flatMap(({ groupId, state, members }) =>
          state === 'Stable' && members.length > 0 ? [groupId] : [],
        ),
      )
      return stages.filter((_, index) => !stable.has(names[index]!))
    },
    async forget() {
      const { groups } = await admin.listGroups()
      const ours = groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(`${prefix}.`))
      // A group of a service that was killed is still "in use" until its session ends: it vanishes by itself later.
      await admin.deleteGroups(ours).catch(() => undefined)
    },
    close: () => admin.disconnect(),
  }
}
