import fc from 'fast-check'

/** With PROPERTY_SEED every run looks at the same examples of each property (.ci/run, .ci/night); without, at new ones. */
const seed = process.env['PROPERTY_SEED']
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })
