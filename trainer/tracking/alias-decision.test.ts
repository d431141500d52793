import { describe, expect, it } from 'vitest'
import { decideAlias } from './alias-decision.ts'

const at = (version: string, modelId?: string) => ({ version, modelId })

describe('the alias champion', () => {
  it('is settled when MLflow and the loop mean the same', () => {
    expect(decideAlias({ alias: at('2', 'b'), agreedVersion: '2', liveModelId: 'b' })).toEqual({
      kind: 'settled',
    })
    expect(decideAlias({})).toEqual({ kind: 'settled' })
  })

  it('follows the loop, which promoted another model', () => {
    const follow = { kind: 'follow', modelId: 'b' }
    expect(decideAlias({ alias: at('1', 'a'), agreedVersion: '1', liveModelId: 'b' })).toEqual(follow)
    expect(decideAlias({ liveModelId: 'b' })).toEqual(follow)
  })

  it('comes back when it was taken away', () => {
    expect(decideAlias({ agreedVersion: '1', liveModelId: 'a' })).toEqual({ kind: 'follow', modelId: 'a' })
  })

  it('asks the gate when somebody moved it, before a first model too', () => {
    const ask = { kind: 'ask', version: '1', modelId: 'a' }
    expect(decideAlias({ alias: at('1', 'a'), agreedVersion: '2', liveModelId: 'b' })).toEqual(ask)
    expect(decideAlias({ alias: at('1', 'a'), liveModelId: 'b' })).toEqual(ask)
    expect(decideAlias({ alias: at('1', 'a') })).toEqual(ask)
    expect(decideAlias({ alias: at('1'), agreedVersion: '2', liveModelId: 'b' })).toEqual({
      ...ask,
      modelId: undefined,
    })
  })

  it('asks once when both moved: the last word is that of the gate', () => {
    expect(decideAlias({ alias: at('1', 'a'), agreedVersion: '2', liveModelId: 'c' }).kind).toBe('ask')
  })

  it('is agreed to after a trainer died between moving it and saying so', () => {
    expect(decideAlias({ alias: at('2', 'b'), agreedVersion: '1', liveModelId: 'b' })).toEqual({
      kind: 'agree',
      version: '2',
    })
  })

  it('stays when nothing serves and the loop agreed before', () => {
    expect(decideAlias({ alias: at('1', 'a'), agreedVersion: '1' })).toEqual({ kind: 'settled' })
  })
})
