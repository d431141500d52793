import type { Fitter } from './fitter.ts'
import { type SettingsForm, settingsFormsOf } from './settings-form.ts'

/** Fits after which settings are chosen again; earlier when there are twice as many rows. */
const CHOOSE_EVERY_FITS = 24

/**
 * A fitter that chooses the settings of one learner itself, now and then: it tries its forms at the first fit, when the rows have
 * doubled, and every 24 fits; in between, and by fits that go on from a model, the chosen one is used. The same rows and seed choose the same.
 */
export function withChosenSettings(fitter: Pick<Fitter, 'fit'>): Pick<Fitter, 'fit'> {
  /** Also while it is being chosen: who asks for a fit then waits for it, however long it takes. */
  let chosen = Promise.resolve<SettingsForm | undefined>(undefined)
  let [fits, rowsAtChoice] = [0, 0]

  return {
    async fit(request, options) {
      const forms = settingsFormsOf(request.choice)
      const { count } = request.rows
      const goesOn = request.startFrom !== undefined
      if (!goesOn) fits += 1
      if (goesOn || (fits <= CHOOSE_EVERY_FITS && count < 2 * rowsAtChoice)) {
        const form = await chosen
        return fitter.fit({ ...request, forms: form === undefined ? forms : [form] }, options)
      }
      fits = 1
      rowsAtChoice = count
      const before = chosen
      const fitted = fitter.fit({ ...request, forms }, options)
      chosen = fitted.then(
        ({ facts }) => forms.find(({ name }) => name === facts.settings),
        () => {
          rowsAtChoice = 0 // the next one chooses
          return before
        },
      )
      return fitted
    },
  }
}
