import { register } from 'tsx/esm/api'
register()
await import('./onnx-worker.ts')
