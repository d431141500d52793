export { auditRun, type Audit, type AuditOptions, type AuditSource, type LoggedRecord } from './audit.ts'
export { kafkaAuditSource } from './kafka-audit-source.ts'
export {
  failuresOf,
  RECOVERY_TOLERANCE,
  recoveryShare,
  type DemoReport,
  type EntropyPhases,
  type Quantiles,
  type ReportedModel,
  type ReportedRetrain,
} from './demo-report.ts'
export { joiningOf, judgingOf } from './judging.ts'
export { entropyPhases, phaseWindows, type PhaseTimes } from './entropy-phases.ts'
export { createFenceTimeline, type FenceTimeline } from './fence-timeline.ts'
export { createJudgedPredictions, type Judged } from './judged-predictions.ts'
export { runFailures, verdictText } from './run-failures.ts'
export { quantilesOf } from './quantiles.ts'
