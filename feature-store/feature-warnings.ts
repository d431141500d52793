import type { FeatureStoreConfig } from './config.ts'
import { kindOf, nameOfDefinition } from './definitions.ts'
import { rangeOf } from './vectors/scales.ts'

/** What is allowed, and probably not meant. */
export function featureWarnings({ features }: FeatureStoreConfig): string[] {
  return features.flatMap((definition) =>
    kindOf(definition)
      .uses(definition)
      .attributes.filter(({ number }) => number !== undefined && number.scale === undefined)
      .map(({ attribute }) => {
        const { least, most } = rangeOf(undefined)
        return (
          `${nameOfDefinition(definition)} takes ${attribute} without a scale: what is below ${String(least)} or above ` +
          `${String(most)} is all the same to it; give it scale: { subtract, divide } or { log1p: true }`
        )
      }),
  )
}

/** The values that each number feature can tell apart. */
export function numberRanges({ features }: FeatureStoreConfig): string[] {
  return features.flatMap((definition) =>
    kindOf(definition)
      .uses(definition)
      .attributes.flatMap(({ attribute, number }) => {
        if (number?.scale === undefined) return []
        const { least, most } = rangeOf(number.scale)
        return [`${nameOfDefinition(definition)} holds ${attribute} from ${short(least)} to ${short(most)}`]
      }),
  )
}

const short = (value: number) => String(Number(value.toPrecision(4)))
