import { createRandom } from '#streams'

/** A bounded, fair sample of a stream (Vitter 1985, algorithm R); always the same one for the same stream. */
export interface Reservoir<T> {
  readonly seen: number
  readonly values: readonly T[]
  add(value: T): void
}

export function createReservoir<T>(valuesMax: number): Reservoir<T> {
  const random = createRandom('reservoir')
  const values: T[] = []
  let seen = 0
  return {
    get seen() {
      return seen
    },
    values,
    add(value) {
      seen++
      if (values.length < valuesMax) {
        values.push(value)
        return
      }
      const at = random.int(seen)
      if (at < valuesMax) values[at] = value
    },
  }
}

/** By linear interpolation between the sorted values, as pandas does. NaN of none. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return below === undefined || above === undefined ? Number.NaN : below + (above - below) * (at % 1)
}
