/** A promise settled from outside. A rejection nobody awaits is no crash: whoever cares awaits it. */
export interface Deferred {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export function deferred(): Deferred {
  const { promise, resolve, reject } = withResolvers()
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

function withResolvers() {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
