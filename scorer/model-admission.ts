import type { FeatureSet, FeatureSets } from '#feature-store'
import { ManifestError, type ModelManifest, type ModelMove, parseManifest } from '#schemas'
import { ModelRefusedError } from './model/index.ts'

/** The manifest a move carries. Throws ModelRefusedError `manifest_malformed` with every mistake. */
export function manifestOfMove({ modelId, manifest }: ModelMove): ModelManifest {
  const parsed = parsedManifest(modelId, manifest)
  if (parsed.modelId === modelId) return parsed
  throw new ModelRefusedError(
    'manifest_malformed',
    `the manifest moved as ${modelId} is that of ${parsed.modelId}`,
  )
}

function parsedManifest(modelId: string, json: string): ModelManifest {
  try {
    return parseManifest(json)
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause
    throw new ModelRefusedError('manifest_malformed', `model ${modelId}: ${cause.message}`, { cause })
  }
}

/** A model eats exactly the vectors it was trained on, or it does not serve. */
export function checkFitsFeatureSet(manifest: ModelManifest, featureSet: FeatureSet): void {
  const { modelId, featureSetId, width, featureNames } = manifest
  if (featureSetId === featureSet.id && width === featureSet.width) return
  const added = featureSet.names.filter((name) => !featureNames.includes(name))
  const gone = featureNames.filter((name) => !featureSet.names.includes(name))
  const difference = [
    ...(gone.length > 0 ? [`not served any more: ${listed(gone)}`] : []),
    ...(added.length > 0 ? [`new since: ${listed(added)}`] : []),
  ]
  throw new ModelRefusedError(
    'feature_set_differs',
    `model ${modelId} was trained on feature set ${featureSetId} (${width} features), the feed serves ${featureSet.id} ` +
      `(${featureSet.width})${difference.length > 0 ? `; ${difference.join('; ')}` : '; the same names are defined otherwise'}. ` +
      'Retrain it, or put the feature definitions back.',
  )
}

/** The same, of the configured set or of one that is kept beside it. */
export function checkFitsOneOf(
  manifest: ModelManifest,
  featureSet: FeatureSet,
  sets: Pick<FeatureSets, 'find'> | undefined,
): void {
  checkFitsFeatureSet(manifest, sets?.find(manifest.featureSetId)?.featureSet ?? featureSet)
}

const NAMES_MAX = 10

function listed(names: readonly string[]): string {
  const rest = names.length - NAMES_MAX
  return names.slice(0, NAMES_MAX).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
