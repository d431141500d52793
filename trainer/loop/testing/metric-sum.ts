import { requestHttp } from '#streams'
import { type FeedloopProcess, METRICS_URL } from '#streams/testing'

/**
 * A counter or gauge of a service that was started with `--metrics-port`, over all labels; 0 when it says nothing.
 *
 * @param name as in /metrics: `feedloop_skew_vectors_checked_total`, `process_cpu_seconds_total`
 */
export async function metricSum(process: FeedloopProcess, name: string): Promise<number> {
  const text = await (await requestHttp(`${await process.said(METRICS_URL)}/metrics`)).text()
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
  return values.reduce((sum, [, value]) => sum + Number(value), 0)
}
