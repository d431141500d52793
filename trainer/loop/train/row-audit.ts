import { createLabelAudit, type LabelAudit } from '../datasets/index.ts'
import type { CollectedRows } from './collected-rows.ts'

type Audited = Pick<CollectedRows, 'count' | 'labels' | 'occurredAtMs' | 'userIds' | 'itemIds'>

/** The same user, item and moment in two requests: as the reader of the file did not see it, or could not. */
export function auditRows({ count, labels, occurredAtMs, userIds, itemIds }: Audited): LabelAudit {
  const audit = createLabelAudit()
  for (let row = 0; row < count; row++) {
    const [user, item, atMs] = [userIds[row]!, itemIds[row]!, occurredAtMs[row]!]
    const where = () => `user ${user}, item ${item}, ${new Date(atMs).toISOString()}`
    audit.see(`${user}\u001f${item}\u001f${String(atMs)}`, String(labels[row]), where)
  }
  return audit.audit()
}

/** What the reader saw, and what the rows show. */
export function bothAudits(read: LabelAudit | undefined, rows: LabelAudit): LabelAudit {
  if (read === undefined) return rows
  const both = (kind: keyof LabelAudit) => ({
    rows: read[kind].rows + rows[kind].rows,
    first: [...read[kind].first, ...rows[kind].first].slice(0, 20),
  })
  return { doubled: both('doubled'), contradictory: both('contradictory') }
}
