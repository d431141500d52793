/** The value under this key, made and kept if it is new. */
export function entryOf<K, T>(known: Map<K, T>, key: K, make: () => T): T {
  let value = known.get(key)
  if (value === undefined) known.set(key, (value = make()))
  return value
}
