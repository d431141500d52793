import type { ToldPositive } from '#schemas'
import { type ArrivalChange, createLabelSource, type LabelSource } from './label-source.ts'

export type { ArrivalChange }

export interface LabelArrival {
  /** Give it every matured example, in the order of maturing. */
  observe(example: { positives: readonly ToldPositive[]; atMs: number }): ArrivalChange[]
  /** Whether positives of this label are missing. */
  isOut(label: string): boolean
  /** The sources that are silent now, as when each was found so. */
  silent(): ArrivalChange[]
  /** Whether so many are missing that nobody should learn from it before it is known why. */
  isDoubtful(label: string): boolean
}

const STREAMS_MAX = 64

/**
 * Watches per label and source whether positives still arrive, against their usual number per shown item: what is
 * shown has the rhythm of the day in it, so that a quiet night is no silence. CUSUM of the log-likelihood that a
 * source tells one in ten thousand of its positives: it rises by 1 with every usual positive that is missing, falls by
 * 9.2 with every one that comes, and stands still where a ninth of the usual number comes. So people who come to like
 * a fifth of what they liked, as after a turn of tastes, are not taken for it.
 *
 * State: some numbers per label and source. Time: constant per label and source.
 *
 * @example
 * const arrival = createLabelArrival()
 * arrival.observe({ positives: [{ label: 'click', source: 'interactions' }], atMs }) // []
 *
 * @see E. S. Page (1954), Continuous Inspection Schemes, Biometrika 41, 100-115.
 */
export function createLabelArrival(): LabelArrival {
  const streams = new Map<string, LabelSource>()
  const ofLabel = (label: string) => [...streams.values()].filter((one) => one.label === label)

  /** The one that counts all positives of a label, whoever told them, and one of its source. */
  function open({ label, source }: ToldPositive): void {
    for (const by of ['', source]) {
      const key = JSON.stringify([label, by])
      if (!streams.has(key) && streams.size < STREAMS_MAX) streams.set(key, createLabelSource(label, by))
    }
  }

  function isOthersBusiness(one: LabelSource): boolean {
    return one.source === '' && ofLabel(one.label).some(({ source }) => source !== '')
  }

  return {
    observe({ positives, atMs }) {
      for (const positive of positives) open(positive)
      const changes: ArrivalChange[] = []
      const told = new Set(positives.map(({ label, source }) => JSON.stringify([label, source])))
      const toldLabels = new Set(positives.map(({ label }) => label))
      for (const [key, one] of streams) {
        const came = one.source === '' ? toldLabels.has(one.label) : told.has(key)
        const whole = streams.get(JSON.stringify([one.label, '']))
        const kind = one.observe(came, atMs, one === whole ? undefined : whole?.rateNow())
        if (kind === undefined || isOthersBusiness(one)) continue
        changes.push(changeOf(one, kind))
        if (kind === 'replaced') streams.delete(key)
      }
      return changes
    },
    isOut: (label) => ofLabel(label).some((one) => one.isOut && !isOthersBusiness(one)),
    silent: () =>
      [...streams.values()]
        .filter((one) => one.isOut && !isOthersBusiness(one))
        .map((one) => changeOf(one, 'silent')),
    isDoubtful: (label) => ofLabel(label).some((one) => one.isDoubtful && !isOthersBusiness(one)),
  }
}

function changeOf(
  { label, source, sinceMs, usualRate, silentRate }: LabelSource,
  kind: ArrivalChange['kind'],
): ArrivalChange {
  return { label, source, kind, sinceMs, usualRate, silentRate }
}
