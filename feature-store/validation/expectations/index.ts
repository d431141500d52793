import type { ExpectationKind } from '../expectation.ts'
import { DISTINCT_EXPECTATIONS } from './distinct.ts'
import { LEAK_EXPECTATIONS } from './leaks.ts'
import { MISSING_EXPECTATIONS } from './missing.ts'
import { NUMBER_EXPECTATIONS } from './numbers.ts'
import { ORDER_EXPECTATIONS } from './order.ts'
import { PAIR_EXPECTATIONS } from './pairs.ts'
import { REFERENCE_EXPECTATIONS } from './references.ts'
import { TABLE_EXPECTATIONS } from './tables.ts'
import { TYPE_EXPECTATIONS } from './types.ts'
import { UNIQUE_EXPECTATIONS } from './unique.ts'
import { VALUE_EXPECTATIONS } from './values.ts'
import { VOLUME_EXPECTATIONS } from './volume.ts'

/** Every expectation by its name: whoever adds a family adds a line here. */
export const EXPECTATIONS: ReadonlyMap<string, ExpectationKind> = new Map(
  [
    ...TABLE_EXPECTATIONS,
    ...MISSING_EXPECTATIONS,
    ...TYPE_EXPECTATIONS,
    ...VALUE_EXPECTATIONS,
    ...UNIQUE_EXPECTATIONS,
    ...ORDER_EXPECTATIONS,
    ...PAIR_EXPECTATIONS,
    ...NUMBER_EXPECTATIONS,
    ...DISTINCT_EXPECTATIONS,
    ...REFERENCE_EXPECTATIONS,
    ...VOLUME_EXPECTATIONS,
    ...LEAK_EXPECTATIONS,
  ].map((kind) => [kind.type, kind]),
)
