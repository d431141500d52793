import type { Fitter } from './fitter.ts'
import { type SettingsForm, settingsFormsOf } from './settings-form.ts'

/** Fits after which settings are chosen again; earlier when there are twice as many rows. */
const CHOOSE_EVERY_FITS = 24

/**
 * A fitter that chooses the settings of one learner itself, now and then: it tries its forms at the first fit, when the rows have
 * doubled, and every 24 fits; in between the chosen one is used. The same rows and seed choose the same.
 */
export function withChosenSettings(fitter: Pick<Fitter, 'fit'>): Pick<Fitter, 'fit'> {
  let chosen: SettingsForm | undefined
  let [fits, rowsAtChoice] = [0, 0]

  return {
    async fit(request, options) {
      const forms = settingsFormsOf(request.choice)
      const { count } = request.rows
      const isDue = chosen === undefined || fits >= CHOOSE_EVERY_FITS || count >= 2 * rowsAtChoice
      const model = await fitter.fit({ ...request, forms: isDue ? forms : [chosen!] }, options)
      if (isDue) {
        chosen = forms.find(({ name }) => name === model.facts.settings)
        fits = 0
        rowsAtChoice = count
      }
      fits += 1
      return model
    },
  }
}
