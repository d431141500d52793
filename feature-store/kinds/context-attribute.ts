import { z } from 'zod'
import {
  attributeColumns,
  attributeMistakes,
  attributeValues,
  usedAttribute,
} from './parts/attribute-values.ts'
import { numberUnit } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { named } from './parts/settings.ts'

const schema = z.strictObject({ kind: z.literal('contextAttribute'), ...named, ...attributeValues })

/** An attribute that came with the rank request. */
export const contextAttribute = defineKind(schema, {
  meaning: 'An attribute that came with the rank request.',
  example: { attribute: 'device', as: { oneHot: ['phone', 'desktop'] } },
  units: ({ as, scale }) => (as === 'number' ? [numberUnit(scale)] : []),
  nameOf: ({ attribute }) => `context_${attribute}`,
  uses: (definition) => ({ ...USES_NOTHING, attributes: [usedAttribute('context', definition)] }),
  mistakes(definition, check) {
    attributeMistakes('context', definition, check)
  },
  state: () => undefined,
  columns: (definition, _, attributes) => attributeColumns('context', definition, attributes),
})
