import type { DriftEvent } from '#schemas'
import type { ArrivalChange } from './label-arrival.ts'

/** Of the monitor of a drift event that tells whether the labels of a source arrive. */
const ARRIVAL_MONITOR = 'label_arrival'

/** What operators are told: `upstream` while positives are missing, `none` when that is over. Rates per example. */
export function arrivalEventOf(
  { label, source, kind, sinceMs, usualRate, silentRate }: ArrivalChange,
  now: { occurredAtMs: number; detectedAtMs: number; modelId: string; examples: number },
): DriftEvent {
  const by = source === '' ? '' : ` by ${source}`
  const since = new Date(sinceMs).toISOString()
  const rates = `${rateText(silentRate)} instead of ${rateText(usualRate)} per example`
  const cause = {
    silent: `Hardly any ${label} has come${by} since ${since} (usual: ${rateText(usualRate)} per example): is that source broken? Until they come again nothing is learned, judged or promoted.`,
    back: `${label} comes${by} again: silent since ${since} (${rates}). Examples of that time were left out.`,
    replaced: `${label} comes by other sources now, no longer${by}: learning goes on.`,
    accepted: `${label} has come${by} so seldom since ${since} (${rates}) that it is taken for usual: learning goes on.`,
  }[kind]
  return {
    monitor: [ARRIVAL_MONITOR, label, ...(source === '' ? [] : [source])].join(':'),
    kind: kind === 'silent' ? 'upstream' : 'none',
    cause,
    detector: 'label-arrival',
    before: usualRate,
    after: silentRate,
    ...now,
  }
}

const rateText = (rate: number) => rate.toFixed(4)
