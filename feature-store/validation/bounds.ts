import { z } from 'zod'
import { type Cell, cellNumber, cellTimeMs } from '../files/index.ts'
import { boundArgument } from './expectation.ts'

/** Arguments of everything that lies between two values. */
export const BOUNDS = {
  min_value: boundArgument,
  max_value: boundArgument,
  strict_min: z.boolean().nullish(),
  strict_max: z.boolean().nullish(),
}

export interface Bounds {
  min_value?: number | string | null | undefined
  max_value?: number | string | null | undefined
  strict_min?: boolean | null | undefined
  strict_max?: boolean | null | undefined
}

/** Whether numbers lie between the bounds; NaN never does. Bounds that are dates compare times. */
export function isBetween({ min_value: min, max_value: max, ...strict }: Bounds): (value: number) => boolean {
  const [from, to] = [boundOf(min, -Infinity), boundOf(max, Infinity)]
  return (value) =>
    (strict.strict_min === true && from !== -Infinity ? value > from : value >= from) &&
    (strict.strict_max === true && to !== Infinity ? value < to : value <= to)
}

/** How cells are compared with these bounds: as times where a bound is a date, else as numbers. */
export function comparedBy({ min_value: min, max_value: max }: Bounds): (cell: Cell) => number {
  return [min, max].some((bound) => typeof bound === 'string') ? cellTimeMs : cellNumber
}

function boundOf(bound: number | string | null | undefined, none: number): number {
  if (bound === null || bound === undefined) return none
  return typeof bound === 'number' ? bound : cellTimeMs(bound)
}

/** A cell as something with an order: numbers, times; NaN: it has none. */
export function orderOf(cell: Cell): number {
  const number = cellNumber(cell)
  return Number.isNaN(number) ? cellTimeMs(cell) : number
}
