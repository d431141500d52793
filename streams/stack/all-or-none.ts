/**
 * Waits for all of the work to settle. When one fails, `failed` is aborted so that the others stop early, and the
 * first failure is thrown once all have settled.
 */
export async function allOrNone<K extends string, T>(
  failed: AbortController,
  work: Record<K, Promise<T>>,
): Promise<Record<K, T>> {
  let first: { error: unknown } | undefined
  const results: Partial<Record<K, T>> = {}
  await Promise.all(
    (Object.keys(work) as K[]).map(async (name) => {
      try {
        results[name] = await work[name]
      } catch (error) {
        first ??= { error }
        failed.abort()
      }
    }),
  )
  if (first !== undefined) throw first.error
  return results as Record<K, T>
}

/** The same promise for every caller: asked for at the first call, never before. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** Resolves when the work is over, whether it succeeded or failed. */
export async function settled(work: Promise<unknown> | undefined): Promise<void> {
  await Promise.allSettled([work])
}
