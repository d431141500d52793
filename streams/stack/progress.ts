import { withoutSecrets } from '#schemas'
import { SERVICE_TITLES, type ServiceName } from './stack-services.ts'

/** What a start or stop tells as it goes. Seconds are wall time. */
export type StackProgress =
  | { kind: 'given'; service: ServiceName; address: string; source: string }
  | { kind: 'fetching'; archive: string; file: string | null }
  | { kind: 'fetched'; archive: string; seconds: number }
  | { kind: 'starting'; service: ServiceName; address: string }
  | { kind: 'ready'; service: ServiceName; address: string; seconds: number }
  | { kind: 'reused'; service: ServiceName; address: string }
  | { kind: 'stopping'; service: ServiceName }
  | { kind: 'stopped'; service: ServiceName }
  | { kind: 'waiting'; pid: number }

export function progressLine(progress: StackProgress): string {
  switch (progress.kind) {
    case 'given':
      return `${SERVICE_TITLES[progress.service]}: ${withoutSecrets(progress.address)} (from ${progress.source})`
    case 'fetching':
      return `Fetching ${progress.archive}${progress.file ? `: ${progress.file}` : ''}`
    case 'fetched':
      return `Fetched ${progress.archive} in ${progress.seconds.toFixed(1)} s`
    case 'starting':
      return `Starting ${SERVICE_TITLES[progress.service]} on ${progress.address}`
    case 'ready':
      return `${SERVICE_TITLES[progress.service]} ready on ${progress.address} after ${progress.seconds.toFixed(1)} s`
    case 'reused':
      return `${SERVICE_TITLES[progress.service]} is already running on ${progress.address}`
    case 'stopping':
      return `Stopping ${SERVICE_TITLES[progress.service]}`
    case 'stopped':
      return `${SERVICE_TITLES[progress.service]} stopped`
    case 'waiting':
      return `Waiting for process ${progress.pid}, which is at work on this stack`
  }
}
