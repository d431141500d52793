/**
 * The requests of a connection that wait for their answer, oldest first: as much of a Map as kafkajs' queue of requests
 * uses, for the handful that are under way at once.
 *
 * A Map in their place loses and gains a key with every request and is copied every few of them. A copy that has become
 * old keeps the next one alive until a full collection (as in partition-lanes.ts), and with it each request that was
 * under way when it was copied: what was sent, what was answered, and all that waited for that.
 */
export class InFlight<Request> {
  readonly #ids: number[] = []
  readonly #requests: Request[] = []

  get size(): number {
    return this.#ids.length
  }

  has(id: number): boolean {
    return this.#ids.includes(id)
  }

  get(id: number): Request | undefined {
    const at = this.#ids.indexOf(id)
    return at < 0 ? undefined : this.#requests[at]
  }

  /** @param id of no request that is under way: kafkajs looks before it sends */
  set(id: number, request: Request): void {
    this.#ids.push(id)
    this.#requests.push(request)
  }

  delete(id: number): void {
    const at = this.#ids.indexOf(id)
    if (at < 0) return
    this.#ids.splice(at, 1)
    this.#requests.splice(at, 1)
  }

  clear(): void {
    this.#ids.length = 0
    this.#requests.length = 0
  }

  values(): Request[] {
    return [...this.#requests]
  }

  /** Not those that have ended meanwhile. */
  forEach(each: (request: Request) => void): void {
    for (const request of this.values()) if (this.#requests.includes(request)) each(request)
  }
}
