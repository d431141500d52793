/** What examples say of the configured feature set. */
export type SetChange = { kind: 'awaited'; why: string } | { kind: 'came' }

export interface SetAwaited {
  /** The set of the next example, whichever it is. Answers when that changes what is known. */
  note(featureSetId: string): SetChange | undefined
}

/** Of another set, one after the other: in a restart that goes round both kinds come from several scorers. */
const OTHERS_IN_A_ROW = 100

/**
 * Tells from the examples alone whether the configured feature set is served yet. A scorer records vectors of it as soon as every
 * state that it needs is built, and not before: so none of its examples means that nothing can be learned, judged or promoted on it.
 */
export function createSetAwaited(ownId: string): SetAwaited {
  let others = 0
  let isAwaited = false

  return {
    note(featureSetId) {
      if (featureSetId === ownId) {
        others = 0
        if (!isAwaited) return undefined
        isAwaited = false
        return { kind: 'came' }
      }
      others += 1
      if (isAwaited || others < OTHERS_IN_A_ROW) return undefined
      isAwaited = true
      return { kind: 'awaited', why: whyAwaited(ownId, featureSetId) }
    },
  }
}

const whyAwaited = (ownId: string, comes: string) =>
  `No model of the configured feature set ${ownId} is made or promoted yet: examples come of ${comes}, since the states of the new set are not all built, or scorers do not run with it. The live model goes on. \`feedloop check --running\` says what is missing, \`feedloop replay list\` how far a backfill is.`
