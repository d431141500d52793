import { describe, expect, it } from 'vitest'
import { createChance } from '#schemas/testing'
import type { ProvableModel } from '../export/provable-model.ts'
import { learnerChoiceSchema } from '../learners/choice.ts'
import { GBDT_FORMS } from '../learners/gbdt/forms.ts'
import type { TrainingRows } from '../learners/learner.ts'
import { fitModel, type FitRequest } from './fit-model.ts'
import { withChosenSettings } from './settings-choice.ts'
import { choiceWith, rowsWith, settingsFormsOf } from './settings-form.ts'
import { bestForm } from './settings-trial.ts'

const quiet = { signal: new AbortController().signal, progress: () => undefined }
const choiceOf = (settings: object = {}) => learnerChoiceSchema.parse({ use: 'gbdt', ...settings })

/** Rows of two columns, a second apart. */
function drawn(count: number, logOddsOf: (x: number, y: number) => number): TrainingRows {
  const chance = createChance(3)
  const vectors = Float32Array.from({ length: 2 * count }, () => 2 * chance() - 1)
  const labels = Uint8Array.from({ length: count }, (_, row) => {
    const logOdds = logOddsOf(vectors[2 * row]!, vectors[2 * row + 1]!)
    return chance() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0
  })
  const occurredAtMs = Float64Array.from({ length: count }, (_, row) => row * 1_000)
  return { count, width: 2, vectors, labels, occurredAtMs }
}

const requestOf = (rows: TrainingRows, settings: object = {}): FitRequest => ({
  choice: choiceOf(settings),
  task: { width: 2, graphName: 'g' },
  rows,
  seed: 1,
  goldenVectors: Float32Array.of(0, 0),
})

describe('the forms of a learner', () => {
  it('are those of its list and a fading past, while nothing of it is given', () => {
    const names = settingsFormsOf(choiceOf({ seed: 7, threads: 2 })).map(({ name }) => name)
    expect(names).toEqual(['held-back', 'far-held-back', 'free', 'held-back-recent'])
  })

  it('are none when settings are given, unless they are to be kept beside what is chosen', () => {
    expect(settingsFormsOf(choiceOf({ leaves: 4 }))).toEqual([])
    expect(settingsFormsOf(choiceOf({ settings: 'fixed' }))).toEqual([])
    expect(settingsFormsOf(learnerChoiceSchema.parse({ use: 'base-rate' }))).toEqual([])
    const kept = settingsFormsOf(choiceOf({ settings: 'auto', leaves: 4, halfLifeMinutes: 60 }))
    expect(kept.map(({ name }) => name)).toEqual(Object.keys(GBDT_FORMS))
    for (const form of kept)
      expect(choiceWith(choiceOf({ leaves: 4 }), form)).toMatchObject({
        ...GBDT_FORMS[form.name as keyof typeof GBDT_FORMS],
        leaves: 4,
      })
  })

  it('let a weight halve in a quarter of the window', () => {
    const rows = drawn(101, () => 0)
    const { weights } = rowsWith(rows, { name: 'f', settings: {}, halfLifeShare: 0.25 })
    expect([0, 25, 50, 75, 100].map((row) => weights![row])).toEqual([1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])
    expect(rowsWith(rows, { name: 'f', settings: {} })).toBe(rows)
  })
})

describe('the best form', () => {
  const forms = ['a', 'b', 'c'].map((name) => ({ name, settings: {} }))
  const sure = { a: 0.5, b: 0.2, c: 0.4 }

  it('scores the latest quarter best, and has not seen it', async () => {
    const rows = drawn(1_000, () => Math.log(0.2 / 0.8))
    const seen: number[] = []
    const best = await bestForm(forms, rows, ({ name }, before) => {
      seen.push(before.count, Math.max(...before.occurredAtMs!))
      return Promise.resolve((vectors) => new Float32Array(vectors.length / 2).fill(sure[name as 'a']))
    })
    expect(best.name).toBe('b')
    expect(seen.slice(0, 2)).toEqual([750, 749_000])
  })

  it('is the first while few labels would tell', async () => {
    const rows = drawn(1_000, () => -5)
    const best = await bestForm(forms, rows, () => Promise.reject(new Error('not to be tried')))
    expect(best.name).toBe('a')
  })

  it(
    'holds back where there is only noise, and does not where there is much to learn',
    { tags: 'long' },
    async () => {
      const forms = settingsFormsOf(choiceOf())
      const noisy = await fitModel({ ...requestOf(drawn(1_500, (x) => 0.2 * x - 2)), forms }, quiet)
      expect(noisy.facts.settings).toMatch(/held-back/)
      const waves = drawn(1_500, (x, y) => 8 * Math.sin(12 * x) * Math.sin(12 * y))
      const clear = await fitModel({ ...requestOf(waves), forms }, quiet)
      expect(clear.facts.settings).toBe('free')
      const again = await fitModel({ ...requestOf(waves), forms }, quiet)
      expect(again).toEqual(clear)
      const given = await fitModel({ ...requestOf(waves, GBDT_FORMS.free), forms: [] }, quiet)
      expect(given.onnx).toEqual(clear.onnx)
      expect(given.facts.settings).toBeUndefined()
    },
  )
})

describe('settings are chosen', () => {
  /** Which forms each fit is asked to try. */
  async function asked(counts: readonly number[], settings: object = {}) {
    const found: string[][] = []
    const fitter = withChosenSettings({
      fit(request) {
        const names = (request.forms ?? []).map(({ name }) => name)
        found.push(names)
        const facts = { examples: 1, rounds: 1, parameters: 1, settings: names.at(-1)! }
        return Promise.resolve({ facts } as ProvableModel)
      },
    })
    const rows = drawn(1, () => 0)
    for (const count of counts) await fitter.fit(requestOf({ ...rows, count }, settings), quiet)
    return found
  }

  it('at the first fit, with twice the rows, and every 24 fits', async () => {
    const found = await asked([100, 150, 200, ...Array.from({ length: 25 }, () => 210)])
    const tried = found.map((names, fit) => [names.length, fit]).filter(([count]) => count! > 1)
    expect(tried.map(([, fit]) => fit)).toEqual([0, 2, 26])
    expect(found[1]).toEqual(['held-back-recent'])
  })

  it('once for fits that begin while it is under way, and anew after one that failed', async () => {
    const asked: string[][] = []
    let finish: (model: ProvableModel) => void = () => undefined
    const results = [
      Promise.reject<ProvableModel>(new Error('out of memory')),
      new Promise<ProvableModel>((resolve) => (finish = resolve)),
    ]
    const made = (settings: string) =>
      ({ facts: { examples: 1, rounds: 1, parameters: 1, settings } }) as ProvableModel
    const fitter = withChosenSettings({
      fit(request) {
        asked.push((request.forms ?? []).map(({ name }) => name))
        return results[asked.length - 1] ?? Promise.resolve(made('free'))
      },
    })
    const fit = (settings: object = {}) =>
      fitter.fit({ ...requestOf(drawn(100, () => 0)), ...settings }, quiet)
    await expect(fit()).rejects.toThrow('out of memory')
    const [chosen, besides] = [fit(), fit()]
    expect(asked.map(({ length }) => length)).toEqual([4, 4])
    finish(made('far-held-back'))
    await Promise.all([chosen, besides])
    expect(asked[2]).toEqual(['far-held-back'])
    for (let fits = 0; fits < 30; fits++) await fit({ startFrom: new Uint8Array() })
    expect(new Set(asked.slice(3).flat())).toEqual(new Set(['far-held-back']))
  })

  it('of the trees of a stack, too', async () => {
    const stack = learnerChoiceSchema.parse({ use: 'stack' })
    const forms = settingsFormsOf(stack)
    expect(forms.map(({ name }) => name)).toContain('free')
    const free = choiceWith(
      stack,
      forms.find(({ name }) => name === 'free')!,
    )
    expect(free).toMatchObject({ use: 'stack', trees: GBDT_FORMS.free })
    const rows = drawn(400, (x) => 4 * x)
    const { facts } = await fitModel({ ...requestOf(rows), choice: stack, forms }, quiet)
    expect(forms.map(({ name }) => name)).toContain(facts.settings)
  })

  it('never when they are given', async () => {
    expect(await asked([100, 200], { leaves: 3 })).toEqual([[], []])
  })
})
