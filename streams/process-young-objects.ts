import { setFlagsFromString } from 'node:v8'

/**
 * Tells V8 not to guess which objects will live long (allocation-site pretenuring). Once a few batches have survived a
 * collection or two, it makes the arrays of later batches in the old generation; each drags its records along until the
 * next full collection, which then comes every three seconds and slows everything down for a tenth of one. Records of a
 * stream live for milliseconds. Measured in feature-store/bench/README.md.
 *
 * Once per process, before the work begins.
 */
export function keepObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
