import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Launch } from '../stack/launch.ts'
import { openLeash } from './process-leash.ts'

const run = promisify(execFile)

/** Which packets are lost between us and the address. */
export type Loss = 'nothing' | 'requests' | 'answers' | 'everything'

/**
 * A host of its own on this machine (a Linux network namespace), wired to us by one cable with two addresses: one
 * that always works and one that can be cut. Cut packets vanish: no reset, no ICMP, as with a dead switch.
 */
export interface OwnNetwork {
  /** Always reachable. */
  readonly host: string
  /** Reachable unless it is cut. */
  readonly fragileHost: string
  /** Runs a process over there. */
  launch(launch: Launch): Launch
  lose(loss: Loss): Promise<void>
  close(): Promise<void>
}

/** Why there can be none here; null when there can. */
export async function ownNetworkUnavailable(): Promise<string | null> {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const name = `feedloop-probe-${process.pid}`
  try {
    await run('ip', ['netns', 'add', name])
    await run('ip', ['netns', 'delete', name])
    return null
  } catch (error) {
    return `ip netns add: ${error instanceof Error ? error.message.trim() : String(error)}`
  }
}

/** 198.18.0.0/15 is kept for tests of networks (RFC 2544): nobody's real addresses. */
const networkOf = (which: number) => `198.18.${which}`
/** No interface has it: packets to it are thrown away by whoever gets them. */
const NOBODY = '02:00:00:00:00:01'

export async function openOwnNetwork(): Promise<OwnNetwork> {
  const unique = process.pid % 1_000
  const name = `feedloop-${process.pid}`
  const [here, there] = [`fl${process.pid}a`, `fl${process.pid}b`]
  // Two neighbouring networks: which of them a packet takes decides whether it can be lost.
  const [steady, fragile] = [networkOf((unique * 2) % 250), networkOf(((unique * 2) % 250) + 1)]
  const leash = openLeash()
  leash.command('ip', 'netns', 'delete', name)
  leash.command('ip', 'link', 'delete', here)
  const over = (...args: string[]) => ip('netns', 'exec', name, 'ip', ...args)
  try {
    await ip('netns', 'add', name)
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name)
    for (const network of [steady, fragile]) {
      await ip('address', 'add', `${network}.1/24`, 'dev', here)
      await over('address', 'add', `${network}.2/24`, 'dev', there)
    }
    await ip('link', 'set', here, 'up')
    await over('link', 'set', 'lo', 'up')
    await over('link', 'set', there, 'up')
  } catch (error) {
    await leash.pull()
    throw error
  }

  /** The neighbour entry decides where packets to `address` go; deleting it lets the kernel ask again. */
  const misdirect = async (to: typeof ip, address: string, device: string, lost: boolean): Promise<void> => {
    if (lost) await to('neigh', 'replace', address, 'lladdr', NOBODY, 'nud', 'permanent', 'dev', device)
    else await to('neigh', 'delete', address, 'dev', device).catch(() => undefined) // there is none
  }

  return {
    host: `${steady}.2`,
    fragileHost: `${fragile}.2`,
    launch: ({ command, args }) => ({ command: 'ip', args: ['netns', 'exec', name, command, ...args] }),
    async lose(loss) {
      const [requests, answers] = [
        loss !== 'nothing' && loss !== 'answers',
        loss !== 'nothing' && loss !== 'requests',
      ]
      await misdirect(ip, `${fragile}.2`, here, requests)
      await misdirect(over, `${fragile}.1`, there, answers)
    },
    close: () => leash.pull(),
  }
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args)
}
