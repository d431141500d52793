import { z } from 'zod'
import { joinedId } from '#schemas'
import { attributeReader, oneHotColumns } from '../vectors/columns.ts'
import { defineKind, USES_NOTHING } from './parts/feature-kind.ts'
import { nameSchema, named, valueText } from './parts/settings.ts'

const side = z.strictObject({
  from: z.enum(['user', 'item', 'context']),
  attribute: nameSchema,
  values: z.array(valueText).min(1).max(64),
})

const schema = z.strictObject({ kind: z.literal('product'), ...named, left: side, right: side })

/** One column per pair of values of two text attributes (segment x category). */
export const product = defineKind(schema, {
  meaning: 'One column per pair of values of two text attributes (segment x category).',
  example: {
    left: { from: 'user', attribute: 'segment', values: ['s0', 's1'] },
    right: { from: 'item', attribute: 'category', values: ['c0', 'c1'] },
  },
  units: () => [],
  nameOf: ({ left, right }) => `${left.from}_${left.attribute}_x_${right.from}_${right.attribute}`,
  uses: ({ left, right }) => ({
    ...USES_NOTHING,
    attributes: [
      { setting: 'left', from: left.from, attribute: left.attribute },
      { setting: 'right', from: right.from, attribute: right.attribute },
    ],
  }),
  mistakes(definition, { attributeKind, mistake }) {
    for (const setting of ['left', 'right'] as const) {
      const { from, attribute } = definition[setting]
      const kind = attributeKind(from, attribute)
      if (kind === 'number') mistake(setting, `${attribute} is declared as number; a product takes texts`)
      if (kind === 'texts')
        mistake(setting, `${attribute} is declared as texts; a product takes one text of each side`)
    }
  },
  state: () => undefined,
  columns({ left, right }, _, attributes) {
    const leftValue = attributeReader(left.from, left.attribute, attributes)
    const rightValue = attributeReader(right.from, right.attribute, attributes)
    const pairs = left.values.flatMap((l) => right.values.map((r) => joinedId('*', [l, r])))
    const from = left.from === 'item' || right.from === 'item' ? 'item' : left.from
    return oneHotColumns(from, pairs, (input) => {
      const l = leftValue(input)
      const r = rightValue(input)
      if (typeof l !== 'string' || typeof r !== 'string') return null
      const row = left.values.indexOf(l)
      const column = right.values.indexOf(r)
      return row < 0 || column < 0 ? [] : [row * right.values.length + column]
    })
  },
})
