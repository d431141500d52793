import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'

/** What is wrong with a part of a request: a path in its body, or `body`, `method`, `path`, `content-type`. */
export interface FieldError {
  field: string
  reason: string
}

export interface Problem {
  status: number
  /** Stable, for programs. */
  code: string
  /** One sentence for people. */
  detail: string
  errors?: readonly FieldError[]
}

/**
 * Answers an error as problem details, with `code` and `errors` besides.
 *
 * @see RFC 9457, Problem Details for HTTP APIs
 */
export function refuse(reply: FastifyReply, { status, code, detail, errors = [] }: Problem): FastifyReply {
  const title = STATUS_CODES[status] ?? 'Error'
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail, errors })
  return reply.code(status).type('application/problem+json').send(body)
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const JSON_HINT = "send the body as JSON, with curl: -H 'content-type: application/json'"

/**
 * What no route answers: 404, 405 with `Allow` when the path has other methods, 415 with the header that is missing, 400 and
 * 413 for bodies that cannot be read, 500 for what failed here.
 *
 * @param failed told of every error that is ours; without it the answer tells
 */
export function addRefusals(server: FastifyInstance, failed?: (error: Error) => void): void {
  server.setErrorHandler((error: FastifyError, http, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) {
      failed?.(error)
      const detail = failed === undefined ? error.message : 'The service failed; its log says why.'
      return refuse(reply, { status: 500, code: 'internal', detail })
    }
    if (status === 415) {
      const given = http.headers['content-type'] ?? 'no content type'
      const errors = [{ field: 'content-type', reason: `${given} is not read: ${JSON_HINT}` }]
      return refuse(reply, { status, code: 'unsupported_media_type', detail: errors[0]!.reason, errors })
    }
    const errors = [{ field: 'body', reason: error.message }]
    return refuse(reply, { status, code: 'invalid_request', detail: `body: ${error.message}`, errors })
  })
  server.setNotFoundHandler((http, reply) => {
    const path = http.url.split('?')[0]!
    const allowed = METHODS.filter((method) => server.hasRoute({ method, url: path }))
    if (allowed.length === 0) {
      const reason = `${path} is not served here`
      const errors = [{ field: 'path', reason }]
      return refuse(reply, { status: 404, code: 'not_found', detail: reason, errors })
    }
    const reason = `${path} takes ${allowed.join(', ')}, not ${http.method}`
    const errors = [{ field: 'method', reason }]
    void reply.header('allow', allowed.join(', '))
    return refuse(reply, { status: 405, code: 'method_not_allowed', detail: reason, errors })
  })
}
