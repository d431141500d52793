import { codeOf, type RunningStage, type Runtime } from '#streams'
import type { ModelSlot } from './model-slot.ts'
import { LOG_EVENTS } from './signals.ts'

/**
 * Feeds a slot from the topics `models` and `modelArtifacts`. What the topics held at the start is only noted;
 * when both have been read to there, the best model is opened, so no former champion is opened on the way.
 * After that every record is settled at once. Moves are read first: they say which files are worth holding.
 * `ready`: the model that should be live is live.
 *
 * A file that was dropped for `artifactsHeldBytesMax` and is promoted after all is read again from the topic.
 */
export async function followModels(runtime: Runtime, slot: ModelSlot): Promise<RunningStage> {
  let isCaughtUp = false
  let isStopped = false
  const settle = createSettle(runtime, slot, () => isStopped)
  const settleWhenCaughtUp = async (): Promise<void> => {
    if (isCaughtUp) await settle()
  }

  const moves = await followMoves(runtime, slot, settleWhenCaughtUp)
  let artifacts: RunningStage | undefined

  async function startArtifacts(): Promise<RunningStage | undefined> {
    await moves.ready
    if (isStopped) return undefined
    artifacts = await followArtifacts(runtime, slot, settleWhenCaughtUp)
    if (isStopped) await artifacts.stop()
    return artifacts
  }
  const following = startArtifacts()

  async function catchUp(): Promise<void> {
    const started = await following
    await started?.ready
    isCaughtUp = true
    await settle()
  }

  const ready = catchUp()
  // A failed start is told by `done`, too.
  ready.catch(() => undefined)
  return {
    ready,
    done: Promise.all([moves.done, following.then((started) => started?.done)]).then(() => undefined),
    async stop() {
      isStopped = true
      await Promise.all([moves.stop(), artifacts?.stop()])
    },
  }
}

function followMoves(runtime: Runtime, slot: ModelSlot, settle: () => Promise<void>): Promise<RunningStage> {
  return runtime.follow({
    name: 'scorer-models',
    topic: 'models',
    startFrom: 'earliest',
    async record(record) {
      slot.noteMove(record)
      await settle()
    },
  })
}

function followArtifacts(
  runtime: Runtime,
  slot: ModelSlot,
  settle: () => Promise<void>,
): Promise<RunningStage> {
  return runtime.follow({
    name: 'scorer-artifacts',
    topic: 'modelArtifacts',
    startFrom: 'earliest',
    async record(record) {
      slot.noteArtifact(record)
      await settle()
    },
  })
}

/** Settles the slot; reads the file it wants again, one at a time. */
function createSettle(runtime: Runtime, slot: ModelSlot, isStopped: () => boolean): () => Promise<void> {
  let isReadingAgain = false

  async function readAgain(modelId: string): Promise<void> {
    isReadingAgain = true
    try {
      const again = await runtime.follow({
        name: 'scorer-artifacts-again',
        topic: 'modelArtifacts',
        startFrom: 'earliest',
        record(record) {
          if (record.value?.modelId === modelId) slot.noteArtifact(record)
        },
      })
      await again.ready
      await again.stop()
      await slot.settle()
    } catch (error) {
      runtime.log.error(
        { modelId, code: codeOf(error), detail: String(error) },
        LOG_EVENTS.artifactNotReadAgain,
      )
    } finally {
      isReadingAgain = false
    }
  }

  return async function settle() {
    await slot.settle()
    const modelId = slot.wantedAgain()
    // Not awaited: a follower may have to return before another one can read.
    if (modelId !== undefined && !isReadingAgain && !isStopped()) void readAgain(modelId)
  }
}
