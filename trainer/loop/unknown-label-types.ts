import type { LabelConfig } from '../label-config.ts'

interface DeclaredTypes {
  features: { interactionTypes: readonly string[] }
  trainer: { labels: Readonly<Record<string, LabelConfig>>; outcomeTypes: readonly string[] }
}

/** Types of labels that nobody tells: such a label is 0 for ever, or nothing was ever shown. */
export function unknownLabelTypes({ features, trainer }: DeclaredTypes) {
  const known = [...new Set([...features.interactionTypes, ...trainer.outcomeTypes])]
  const defaultShown = new Set(['shown', 'view'])
  return Object.entries(trainer.labels).flatMap(([name, { positive, shown }]) => {
    const isShownKnown = shown.some((type) => known.includes(type))
    const fields = { positive, shown: shown.filter((type) => !(isShownKnown && defaultShown.has(type))) }
    return Object.entries(fields).flatMap(([field, types]) =>
      types.flatMap((type, at) => {
        if (known.includes(type)) return []
        const message = `${type} is not declared (${known.join(', ')}): correct it, or add it to features.interactionTypes, or to trainer.outcomeTypes when only outcomes tell it`
        return [{ path: ['trainer', 'labels', name, field, at], message }]
      }),
    )
  })
}
