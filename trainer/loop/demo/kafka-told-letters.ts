import type { TopicCatalogue } from '#schemas'
import { type Addresses, lettersText, recentLetters } from '#streams'

/** Says what was dead-lettered and why, of a run that failed: nobody counts it, and its topics are about to go. */
export async function tellDeadLetters(
  addresses: Addresses,
  catalogue: TopicCatalogue,
  { nowMs, announce }: { nowMs: number; announce: (text: string) => void },
): Promise<void> {
  const found = await recentLetters(addresses, catalogue, nowMs).catch(() => null) // the run's failure is the one to tell
  for (const one of found?.reasons ?? []) announce(`dead-lettered: ${lettersText(one)}`)
}
