import type { z } from 'zod'
import { DetectorStateError, DetectorValueError } from '../errors.ts'

/**
 * What a detector may watch: `loss`, how far a served score is off, one value per example; `input`, the values of one
 * feature in the order in which they were used.
 */
export type DetectorSlot = 'loss' | 'input'

/** Where two parts of a stream differ: means, in the values' unit, and how many values they were taken over. */
export interface DriftCut {
  before: number
  beforeCount: number
  after: number
  afterCount: number
}

/** What a detector says after each value. A fact that it does not know is left out (detector-facts.ts estimates it). */
export type DetectorVerdict =
  | { kind: 'quiet'; mean?: number }
  /** It looks like a change, not yet surely so. */
  | { kind: 'warning'; mean?: number }
  /** The stream has changed. It may be told again while the detector still holds some of what came before. */
  | { kind: 'drift'; mean?: number; cut?: DriftCut }

/** What a detector holds, as JSON keeps it: written at any value and restored, it says the same from there on. */
export interface DetectorState {
  readonly detector: string
  readonly held: unknown
}

/** Value in, verdict out. What it holds stays bounded, however many values come. */
export interface Detector {
  readonly name: string
  /** Throws DetectorValueError when the value is NaN or infinite: it would stay in every mean from then on. */
  update(value: number): DetectorVerdict
  save(): DetectorState
}

/** The part of a detector that its own file writes. */
export interface DetectorCore<Held> {
  update(value: number): DetectorVerdict
  /** A copy: later values do not change it. */
  save(): Held
}

export interface DetectorOptions<Name extends string, Settings extends z.ZodType, Held> {
  /** As the literature calls it; drift records and configurations carry it. */
  name: Name
  slots: readonly DetectorSlot[]
  /** A strict object with the literal `name`; every other setting has a default. */
  settings: Settings
  /** Refuses what this detector did not save. */
  held: z.ZodType<Held>
  /** Starts with what was held before, or with nothing. */
  start(settings: z.output<Settings>, held: Held | undefined): DetectorCore<Held>
}

/** One entry of the list `detectors/index.ts`. */
export interface DetectorKind<Name extends string = string, Settings extends z.ZodType = z.ZodType> {
  readonly name: Name
  readonly slots: readonly DetectorSlot[]
  readonly settings: Settings
  /** @param saved goes on from there; the settings must be those it was saved under */
  create(settings: unknown, saved?: DetectorState): Detector
}

/** Makes a list entry of a detector: settings, saved states and values are checked here, for all of them alike. */
export function defineDetector<Name extends string, Settings extends z.ZodType, Held>({
  name,
  slots,
  settings,
  held,
  start,
}: DetectorOptions<Name, Settings, Held>): DetectorKind<Name, Settings> {
  function heldOf(saved: DetectorState | undefined): Held | undefined {
    if (saved === undefined) return undefined
    if (saved.detector !== name) throw new DetectorStateError(name, `it is one of ${saved.detector}`)
    const read = held.safeParse(saved.held)
    if (!read.success) throw new DetectorStateError(name, 'it was not saved by it', { cause: read.error })
    return read.data
  }

  return {
    name,
    slots,
    settings,
    create(given, saved) {
      const core = start(settings.parse(given), heldOf(saved))
      return {
        name,
        update(value) {
          if (!Number.isFinite(value)) throw new DetectorValueError(name, value)
          return core.update(value)
        },
        save: () => ({ detector: name, held: core.save() }),
      }
    },
  }
}
