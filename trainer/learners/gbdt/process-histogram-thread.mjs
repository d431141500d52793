import { register } from 'tsx/esm/api'
register()
await import('./process-histogram-thread.ts')
