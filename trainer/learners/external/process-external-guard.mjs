import { register } from 'tsx/esm/api'
register()
await import('./process-external-guard.ts')
