import { describe, expect, it } from 'vitest'
import { calibrationIdOf } from './calibration.ts'
import { ManifestError } from './errors.ts'
import { readSchemaFile } from './fs-schemas.ts'
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
    expect(mistakesIn(broken({ formatVersion: 3 })).join()).toMatch(/formatVersion/)
  })

  it('refuses fields that disagree', () => {
    expect(mistakesIn(broken({ featureNames: ['a'] }))).toEqual(['featureNames: 1 names for width 2'])
    const golden = { ...sampleManifest.golden, rows: 2 }
    expect(mistakesIn(broken({ golden }))).toEqual([
      'golden.vectors: 8 bytes, 16 expected',
      'golden.scores: 4 bytes, 8 expected',
    ])
  })

  it('refuses a calibration id that is not the name of the calibration', () => {
    expect(mistakesIn(broken({ calibrationId: 'identity' }))).toEqual([
      `calibrationId: identity, but the calibration is ${sampleManifest.calibrationId}`,
    ])
    expect(mistakesIn(broken({ calibration: {} })).join()).toMatch(/calibration\.kind/)
    expect(mistakesIn(broken({ calibration: undefined })).join()).toMatch(/calibration/)
  })

  it('carries a calibration of any kind: whether it is known is for the one who calibrates', () => {
    const calibration = {
      kind: 'of-tomorrow',
      knots: [
        [0, 0.1],
        [1, 0.9],
      ],
    }
    const written = { ...sampleManifest, calibration, calibrationId: calibrationIdOf(calibration) }
    expect(parseManifest(JSON.stringify(written))).toEqual(written)
  })

  it('may say which settings the trainer chose; one that does not is as good', () => {
    const chosen = { ...sampleManifest.trainedOn, settings: 'held-back' }
    expect(parseManifest(broken({ trainedOn: chosen })).trainedOn).toEqual(chosen)
    expect(parseManifest(broken({})).trainedOn.settings).toBeUndefined()
    expect(mistakesIn(broken({ trainedOn: { ...chosen, settings: 3 } })).join()).toMatch(
      /trainedOn\.settings/,
    )
  })

  it('refuses what is not JSON', () => {
    expect(() => parseManifest('{')).toThrow(/model manifest is invalid: not JSON/)
    expect(() => parseManifest('null')).toThrow(ManifestError)
  })
})

/** golden/manifest.1.json was written once by a writer of version 1. */
describe('a manifest of version 1', () => {
  const frozen = readSchemaFile('golden/manifest.1.json')

  it('is read as one of version 2: its calibration has a name and no parameters', () => {
    const written = JSON.parse(frozen) as object
    expect(parseManifest(frozen)).toEqual({
      ...written,
      formatVersion: 2,
      calibration: { kind: 'identity' },
      calibrationId: 'identity',
    })
  })

  it('keeps a calibration id that nobody knows', () => {
    const other = frozen.replace('"identity"', '"isotonic-7"')
    expect(parseManifest(other)).toMatchObject({
      calibration: { kind: 'isotonic-7' },
      calibrationId: 'isotonic-7',
    })
  })

  it('is checked like any other', () => {
    expect(mistakesIn(frozen.replace('"rows": 1', '"rows": 2')).length).toBe(2)
    const surprise = frozen.replace('{', '{ "calibration": { "kind": "identity" },')
    expect(mistakesIn(surprise).join()).toMatch(/calibration/)
  })
})
