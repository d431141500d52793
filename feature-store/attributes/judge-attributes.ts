import type { Attribute } from '#schemas'
import { type Finding, ok, type Samples, warning } from '#streams'
import type { FeatureStoreConfig } from '../config.ts'
import type { Source } from '../vectors/columns.ts'
import { createAttributeCheck, OTHER, type Unfit } from './attribute-watch.ts'

/** What doctor says of attributes: the newest records of a feed against what its configuration declares. */
export function judgeAttributes(config: FeatureStoreConfig, samples: Samples): Finding[] {
  const records = {
    user: samples.users.flatMap(({ value }) => (value === null ? [] : [value.attributes])),
    item: samples.items.flatMap(({ value }) => (value === null ? [] : [value.attributes])),
    context: samples.requests.flatMap(({ value }) => (value === null ? [] : [value.context])),
  }
  const sources = Object.keys(records) as Source[]
  const findings = sources.flatMap((from) => judgeSource(config, from, records[from]))
  if (findings.length > 0) return findings
  const count = sources.reduce((sum, from) => sum + records[from].length, 0)
  return [ok('attributes', `those of the newest ${String(count)} records are as declared`)]
}

function judgeSource(
  config: FeatureStoreConfig,
  from: Source,
  records: readonly (readonly Attribute[])[],
): Finding[] {
  const check = createAttributeCheck(config, from)
  const found = new Map<string, { attribute: string; why: Unfit; records: number; example: string }>()
  const seen = new Set<string>()
  for (const attributes of records) {
    for (const one of attributes) {
      seen.add(one.name)
      check([one], (attribute, why) => {
        const key = `${why} ${attribute}`
        const known = found.get(key) ?? { attribute, why, records: 0, example: exampleOf(one) }
        found.set(key, { ...known, records: known.records + 1 })
      })
    }
  }
  const told = [...found.values()].filter(({ attribute }) => attribute !== OTHER)
  const findings = told.map((unfit) => {
    const { says, action } = WORDS[unfit.why](unfit, from, config)
    const of = `${String(unfit.records)} of the newest ${String(records.length)} records`
    return warning(`attribute ${from}.${unfit.attribute}`, `${of} ${says}`, action)
  })
  const misspelt = new Set(told.filter(({ why }) => why === 'unknown').map(({ attribute }) => attribute))
  const absent = Object.keys(config.attributes[from]).filter((name) => !seen.has(name) && !misspelt.has(name))
  if (records.length === 0) return findings
  return [
    ...findings,
    ...absent.map((name) =>
      warning(
        `attribute ${from}.${name}`,
        `none of the newest ${String(records.length)} records has it: features take it for missing`,
        `Send it, or take it out of features.attributes.${from}.`,
      ),
    ),
  ]
}

interface Told {
  attribute: string
  example: string
}

const WORDS: Record<
  Unfit,
  (told: Told, from: Source, config: FeatureStoreConfig) => { says: string; action: string }
> = {
  unknown: ({ attribute, example }, from) => ({
    says: `call it otherwise (${example}): features take it for missing`,
    action: `Send it as ${attribute}, or declare the other name in features.attributes.${from}.`,
  }),
  mistyped: ({ attribute, example }, from, config) => ({
    says: `do not hold a ${config.attributes[from][attribute]!} (${example}): features take it for missing`,
    action: `Send ${attribute} as a ${config.attributes[from][attribute]!}, or declare what it is in features.attributes.${from}.`,
  }),
  saturated: ({ attribute, example }) => ({
    says: `are beyond what its scale can hold (${example}): such values are all the same to features`,
    action: `Give the feature of ${attribute} a scale with a larger divide, or with log1p: true (\`npx feedloop check\` says what it holds).`,
  }),
}

const clipped = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}...` : text)

const exampleOf = ({ name, text, number }: Attribute) =>
  `${clipped(name)}: ${text === null ? String(number) : JSON.stringify(clipped(text))}`
