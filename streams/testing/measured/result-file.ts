import { z } from 'zod'

/**
 * What a benchmark writes with `--json` and a README shows: its tables, where and how they were measured, and
 * everything else that was noted. A cell is a text, or the values of all rounds, so that nothing is kept that was
 * already averaged.
 *
 * @example
 * { measured: { date: '2026-11-27', machine: { cpus: 2, model: 'Xeon', node: 'v20.20.2' }, commit: '02a811f',
 *               command: 'npm run bench -- users' },
 *   tables: { users: { columns: [{ title: 'users' }, { title: 'events/s', digits: 0 }],
 *                      rows: [['10,000', [237_626, 222_132, 243_948]]] } } }
 */
const cellSchema = z.union([z.string(), z.array(z.number())])
export const resultFileSchema = z.strictObject({
  measured: z.strictObject({
    /** Of the day on which it ended. */
    date: z.iso.date(),
    machine: z.strictObject({ cpus: z.int().positive(), model: z.string(), node: z.string() }),
    commit: z.string().min(1),
    command: z.string().min(1),
    /** Of numbers that were not written by the command: where they come from. */
    transcribed: z.string().optional(),
  }),
  tables: z.record(
    z.string().regex(/^[a-z-]+$/),
    z.strictObject({
      /** `digits` are those behind the point, of a column with numbers. */
      columns: z.array(z.strictObject({ title: z.string(), digits: z.int().min(0).optional() })),
      rows: z.array(z.array(cellSchema)),
    }),
  ),
  /** What else the command noted, for whoever wants to look closer. */
  details: z.unknown().optional(),
})

export type ResultFile = z.infer<typeof resultFileSchema>
export type Measured = ResultFile['measured']
export type ResultTable = ResultFile['tables'][string]
export type Cell = z.infer<typeof cellSchema>

/** The text of a results file: checked, so that what a command writes can be read again. */
export function resultFileText(file: ResultFile): string {
  return `${JSON.stringify(resultFileSchema.parse(file), null, 2)}\n`
}
