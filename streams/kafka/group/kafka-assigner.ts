import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'
import { assignCoPartitions } from '../../co-partition.ts'

const VERSION = 1

/** `assignCoPartitions` as kafkajs wants it. */
export const coPartitionAssigner: PartitionAssigner = ({ cluster }) => ({
  name: 'feedloop-co-partition',
  version: VERSION,
  assign({ members, topics }) {
    const partitionsOf = new Map(
      topics.map((topic) => [
        topic,
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
      ]),
    )
    const assignment = assignCoPartitions(
      members.map(({ memberId }) => memberId),
      partitionsOf,
    )
    return Promise.resolve(
      [...assignment].map(([memberId, topicPartitions]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: topicPartitions,
          userData: Buffer.alloc(0),
        }),
      })),
    )
  },
  protocol({ topics }) {
    const metadata = AssignerProtocol.MemberMetadata.encode({
      version: VERSION,
      topics,
      userData: Buffer.alloc(0),
    })
    return { name: this.name, metadata }
  },
})
