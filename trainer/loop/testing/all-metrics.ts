import { FEATURE_SIGNALS } from '#feature-store'
import { SCORER_SIGNALS } from '#scorer'
import { createReadiness, createSignals, requestHttp, startMetricsServer } from '#streams'
import { STREAMS_SIGNALS } from '#streams/testing'
import { TRAINER_SIGNALS } from '../../signals.ts'

/** Every metric that a process of the loop can have. */
export const ALL_SIGNALS = [...STREAMS_SIGNALS, ...FEATURE_SIGNALS, ...SCORER_SIGNALS, ...TRAINER_SIGNALS]

/** What /metrics answers when every one of them was told once, with those of the process. */
export async function allMetricsText(): Promise<string> {
  const signals = createSignals(FEATURE_SIGNALS, SCORER_SIGNALS, TRAINER_SIGNALS)
  for (const { kind, name, labels } of ALL_SIGNALS) {
    const values = Object.fromEntries(labels.map((label) => [label, 'x']))
    if (kind === 'counter') signals.count(name, values)
    else if (kind === 'gauge') signals.gauge(name, 1, values)
    else signals.observe(name, 1, values)
  }
  const readiness = createReadiness(
    () => ({}),
    () => false,
  )
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, signals, readiness })
  try {
    return await (await requestHttp(`${server.url}/metrics`)).text()
  } finally {
    await server.close()
  }
}
