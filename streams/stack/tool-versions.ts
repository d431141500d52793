/** Major version in the answer of `java -version` (1.8.0_392 counts as 8); undefined when it says none. */
export function javaMajorOf(output: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(output)
  return match ? Number(match[1]) : undefined
}

/** Version in the answer of `redis-server --version`, such as 7.0.15; undefined when it says none. */
export function redisVersionOf(output: string): string | undefined {
  return /\bv=(\d+\.\d+\.\d+)/.exec(output)?.[1]
}

/** True when dotted version `found` is `least` or newer. */
export function isAtLeast(found: string, least: string): boolean {
  const [a, b] = [found, least].map((version) => version.split('.').map(Number))
  for (let i = 0; i < b!.length; i++) {
    const difference = (a![i] ?? 0) - b![i]!
    if (difference !== 0) return difference > 0
  }
  return true
}
