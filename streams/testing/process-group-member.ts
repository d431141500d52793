import { fileURLToPath } from 'node:url'
import type { StreamsConfig } from '../config.ts'
import type { Addresses } from '../contract.ts'
import { type FeedloopProcess, startBuilt } from './process-node.ts'

/** What it writes when it has got partitions. */
export const JOINED_LINE = 'joined the group'

export interface GroupMemberArguments {
  addresses: Addresses
  config: StreamsConfig
}

/** group-member-main.ts in a process of its own. `read` hears of each record. */
export function startGroupMember(
  given: GroupMemberArguments,
  read: (partition: number, offset: number) => void,
): FeedloopProcess {
  const main = fileURLToPath(new URL('group-member-main.ts', import.meta.url))
  const member = startBuilt('a group member', main, [JSON.stringify(given)], given.addresses)
  let rest = ''
  member.child.stdout?.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const match = /^(\d+) (\d+)$/.exec(line)
      if (match !== null) read(Number(match[1]), Number(match[2]))
    }
  })
  return member
}
