import type { RankRequest } from '#schemas'
import {
  clampFuture,
  type ClampFutureOptions,
  deadLetter,
  noteMisplaced,
  pass,
  refuseAbsurdTime,
  type Step,
} from '#streams'
import type { ScorerConfig } from './config.ts'

type RequestLimits = Pick<
  ScorerConfig,
  'candidatesMax' | 'idBytesMax' | 'contextAttributesMax' | 'requestAgeDaysMax'
>

const DAY_MS = 86_400_000

/** Ids must be there and of a sane length. */
export function checkIds({ idBytesMax }: RequestLimits): Step<RankRequest> {
  return function checkIds(request) {
    const { requestId, userId, candidates } = request
    if (requestId === '') return deadLetter('no_request_id', 'the request has no requestId')
    if (userId === '') return deadLetter('no_user_id', `request ${clip(requestId)} has no userId`)
    if (candidates.includes(''))
      return deadLetter('no_item_id', `request ${clip(requestId)} has a candidate without an id`)
    const tooLong = [requestId, userId, ...candidates].find((id) => Buffer.byteLength(id) > idBytesMax)
    if (tooLong === undefined) return pass(request)
    const detail = `the id ${clip(tooLong)} has ${Buffer.byteLength(tooLong)} bytes, at most ${idBytesMax} are taken`
    return deadLetter('id_too_long', detail)
  }
}

/** There must be something to rank, and not more than we promise to rank. */
export function checkSizes({ candidatesMax, contextAttributesMax }: RequestLimits): Step<RankRequest> {
  return function checkSizes(request) {
    const { requestId, candidates, context } = request
    if (candidates.length === 0) return deadLetter('no_candidates', `request ${requestId} has no candidates`)
    if (candidates.length > candidatesMax) {
      const detail = `request ${requestId} has ${candidates.length} candidates, at most ${candidatesMax} are taken`
      return deadLetter('too_many_candidates', detail)
    }
    if (context.length <= contextAttributesMax) return pass(request)
    const detail = `request ${requestId} has ${context.length} context attributes, at most ${contextAttributesMax} are taken`
    return deadLetter('too_much_context', detail)
  }
}

/** The same item twice would be shown twice and counted twice: the first one stays. */
export const dropRepeatedCandidates: Step<RankRequest> = function dropRepeatedCandidates(request) {
  const candidates = [...new Set(request.candidates)]
  if (candidates.length === request.candidates.length) return pass(request)
  return pass({ ...request, candidates }, 'candidates_deduplicated')
}

export interface FurtherSteps {
  /** Of the topic that requests lie in; left out: they came another way. */
  partitionOf?: (userId: string) => number
  /** The feed's own expectations of a request (`features.validation.suite`). */
  expected?: Step<RankRequest> | undefined
}

/** What every request passes before it is scored, from Kafka or by HTTP. */
export function requestSteps(
  config: RequestLimits,
  time: ClampFutureOptions,
  { partitionOf, expected }: FurtherSteps = {},
): Step<RankRequest>[] {
  return [
    checkSizes(config),
    checkIds(config),
    refuseAbsurdTime<RankRequest>(time),
    refuseOld(config),
    clampFuture<RankRequest>(time),
    dropRepeatedCandidates,
    ...(expected === undefined ? [] : [expected]),
    // An answer goes where its user's predictions are, wherever the question lay.
    ...(partitionOf === undefined ? [] : [noteMisplaced<RankRequest>({ field: 'userId', partitionOf })]),
  ]
}

/** States have moved on: features of long ago cannot be told any more, and the answer would be made of nothing. */
export function refuseOld({ requestAgeDaysMax }: RequestLimits): Step<RankRequest> {
  return function refuseOld(request, { brokerTimeMs, ownTimeMs }) {
    if (requestAgeDaysMax === 0) return pass(request)
    const ageDays = ((ownTimeMs ?? brokerTimeMs) - request.occurredAtMs) / DAY_MS
    if (ageDays <= requestAgeDaysMax) return pass(request)
    const old = `occurredAtMs ${request.occurredAtMs} is ${Math.floor(ageDays)} days ago`
    return deadLetter('too_old', `${old}, at most ${requestAgeDaysMax} are taken (scorer.requestAgeDaysMax)`)
  }
}

function clip(id: string): string {
  return id.length <= 40 ? id : `${id.slice(0, 40)}...`
}
