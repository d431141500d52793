import { z } from 'zod'
import {
  attributeColumns,
  attributeMistakes,
  attributeValues,
  usedAttribute,
} from './parts/attribute-values.ts'
import { numberUnit } from '../vectors/units.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { entity, named } from './parts/settings.ts'

const schema = z.strictObject({ kind: z.literal('attribute'), entity, ...named, ...attributeValues })

/** A static attribute of the user or the item. */
export const attribute = defineKind(schema, {
  meaning: 'A static attribute of the user or the item.',
  example: { entity: 'item', attribute: 'price', as: 'number', scale: { subtract: 0.5, divide: 0.5 } },
  units: ({ as, scale }) => (as === 'number' ? [numberUnit(scale)] : []),
  nameOf: ({ entity, attribute }) => `${entity}_${attribute}`,
  uses: (definition) => ({ ...USES_NOTHING, attributes: [usedAttribute(definition.entity, definition)] }),
  mistakes(definition, check) {
    attributeMistakes(definition.entity, definition, check)
  },
  state: () => undefined,
  columns: (definition, _, attributes) => attributeColumns(definition.entity, definition, attributes),
})
