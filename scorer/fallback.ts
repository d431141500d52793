/** Why a request was ranked without a model. The prediction says it; metrics count it. */
export const FALLBACK_REASONS = [
  'no_model',
  'store_unavailable',
  'store_not_ready',
  'model_error',
  'deadline',
] as const
export type FallbackReason = (typeof FALLBACK_REASONS)[number]
