import { z } from 'zod'
import { type Detector, type DetectorKind, type DetectorSlot, type DetectorState } from '../detector.ts'
import { adwin } from './adwin.ts'
import { pageHinkley } from './page-hinkley.ts'

/** Every detector there is: to add one, write its file and add a line here. */
export const DETECTORS = [adwin, pageHinkley] as const

type SettingsOf<Kinds> = {
  -readonly [At in keyof Kinds]: Kinds[At] extends { settings: infer S } ? S : never
}
const settingsOf = <Kinds extends readonly { settings: z.ZodType }[]>(kinds: Kinds) =>
  kinds.map(({ settings }) => settings) as SettingsOf<Kinds>

/** Which detector, by `name`, and its settings. */
export const detectorSettingsSchema = z.discriminatedUnion('name', settingsOf(DETECTORS))
export type DetectorSettings = z.output<typeof detectorSettingsSchema>
export type DetectorName = DetectorSettings['name']

const KIND_BY_NAME: ReadonlyMap<string, DetectorKind> = new Map(DETECTORS.map((kind) => [kind.name, kind]))

export function watches(name: DetectorName, slot: DetectorSlot): boolean {
  return KIND_BY_NAME.get(name)!.slots.includes(slot)
}

/**
 * @param saved what `save()` of a detector with the same settings gave: goes on from there
 *
 * @example
 * const detector = createDetector({ name: 'adwin', delta: 0.002 })
 * detector.update(0.3) // { kind: 'quiet', mean: 0.3 }
 */
export function createDetector(
  settings: z.input<typeof detectorSettingsSchema>,
  saved?: DetectorState,
): Detector {
  return KIND_BY_NAME.get(settings.name)!.create(settings, saved)
}
