/**
 * A member of a group in a process of its own, to be killed: writes "partition offset" for each record it reads.
 * Argument: JSON of GroupMemberArguments.
 */
import { connectRuntime } from '../kafka/kafka-runtime.ts'
import { silentLogger } from '../log.ts'
import { type GroupMemberArguments, JOINED_LINE } from './process-group-member.ts'

const { addresses, config } = JSON.parse(process.argv[2]!) as GroupMemberArguments
const runtime = await connectRuntime({ addresses, config, clientId: 'member', log: silentLogger })
const stage = await runtime.runStage({
  name: 'member',
  sources: ['interactions'],
  startFrom: 'earliest',
  batch({ records }) {
    for (const { partition, offset } of records) process.stdout.write(`${partition} ${offset}\n`)
    return Promise.resolve({ kind: 'done' as const })
  },
})
await stage.ready
process.stdout.write(`${JOINED_LINE}\n`)
await stage.done
