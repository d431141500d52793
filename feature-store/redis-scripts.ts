import { createHash } from 'node:crypto'
import { StoreUnavailableError } from './errors.ts'
import type { ApplyAnswer } from './fence.ts'
import { type LuaName, readLua } from './fs-lua.ts'
import type { ScriptCall } from './redis-apply-command.ts'

export interface Script {
  text: string
  sha1: string
}

export function scriptOf(name: LuaName): Script {
  const text = readLua(name)
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

/** By its hash, which is short; with its text when this Redis does not know it. */
export async function evaluate(
  script: Script,
  send: (call: ScriptCall) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await send({ name: 'evalsha', script: script.sha1 })
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await send({ name: 'eval', script: script.text })
  }
}

export function answerOf(reply: unknown): ApplyAnswer {
  const [code, next] = Array.isArray(reply) ? (reply as unknown[]).map(String) : []
  switch (code) {
    case 'APPLIED':
      return { kind: 'applied' }
    case 'STALE':
      return { kind: 'stale', nextOffset: Number(next) }
    case 'GAP':
      return { kind: 'gap', nextOffset: Number(next) }
    case 'FENCED':
      return { kind: 'fenced' }
    case 'LOST':
      return { kind: 'lost' }
    default:
      throw new StoreUnavailableError('write a batch', new Error(`unknown answer ${String(code)}`))
  }
}
