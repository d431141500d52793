import { describe, expect, it } from 'vitest'
import { ManifestError } from './errors.ts'
import { parseManifest } from './manifest.ts'
import { sampleManifest } from './testing/sample-manifest.ts'

const broken = (changes: object) => JSON.stringify({ ...sampleManifest, ...changes })
function mistakesIn(json: string): string[] {
  try {
    parseManifest(json)
    return []
  } catch (error) {
    if (error instanceof ManifestError) return error.mistakes
    throw error
  }
}

describe('model manifest', () => {
  it('comes back as it was', () => {
    expect(parseManifest(JSON.stringify(sampleManifest))).toEqual(sampleManifest)
  })

  it('names every mistake and its place', () => {
    const mistakes = mistakesIn(broken({ modelId: '', width: -1, surprise: 1, golden: { rows: 1 } }))
    expect(mistakes.join('\n')).toMatch(/modelId: .*\n.*width: /s)
    expect(mistakes.join('\n')).toMatch(/golden\.vectors: /)
    expect(mistakes.join('\n')).toMatch(/surprise/)
  })

  it('refuses another format version', () => {
    expect(mistakesIn(broken({ formatVersion: 2 })).join()).toMatch(/formatVersion/)
  })

  it('refuses fields that disagree', () => {
    expect(mistakesIn(broken({ featureNames: ['a'] }))).toEqual(['featureNames: 1 names for width 2'])
    const golden = { ...sampleManifest.golden, rows: 2 }
    expect(mistakesIn(broken({ golden }))).toEqual([
      'golden.vectors: 8 bytes, 16 expected',
      'golden.scores: 4 bytes, 8 expected',
    ])
  })

  it('refuses what is not JSON', () => {
    expect(() => parseManifest('{')).toThrow(/model manifest is invalid: not JSON/)
    expect(() => parseManifest('null')).toThrow(ManifestError)
  })
})
