/** Shorter ones would also hide words that are no secrets. */
const HIDDEN_LENGTH_MIN = 6
const HIDDEN = '***'

/** Every secret that this process has read, in the forms in which it may appear in a text. */
const known = new Set<string>()

/** From now on `withoutSecrets` hides this text. */
export function keepSecret(text: string): void {
  if (text.length < HIDDEN_LENGTH_MIN) return
  for (const form of [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text)]) known.add(form)
}

/** Up to the last @ of the host part: a password may hold an @ that nobody escaped. */
const LOGIN_IN_URL = /([a-z][a-z0-9+.-]*:\/\/)([^\s/?#"'@:]*):[^\s/?#"']*@/gi

/**
 * A text for a log, an error or a report: passwords of URLs and every secret read so far are gone.
 *
 * @example withoutSecrets('redis://scorer:hunter2@db:6379') // 'redis://scorer:***@db:6379'
 */
export function withoutSecrets(text: string): string {
  let shown = text.includes('://') ? text.replace(LOGIN_IN_URL, `$1$2:${HIDDEN}@`) : text
  for (const secret of known) if (shown.includes(secret)) shown = shown.replaceAll(secret, HIDDEN)
  return shown
}

const SECRET_FIELDS = new Set(['password', 'token', 'secret', 'clientSecret'])

/**
 * For JSON.stringify: a configuration or a report as it may be shown. Where a secret is kept is no secret.
 *
 * @example JSON.stringify({ password: 'hunter2' }, hideSecrets) // '{"password":"***"}'
 */
export function hideSecrets(field: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  return SECRET_FIELDS.has(field) ? HIDDEN : withoutSecrets(value)
}
