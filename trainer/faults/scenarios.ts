import type { Scenario } from './scenario.ts'
import { consumerKill } from './scenarios/consumer-kill.ts'
import { killAtStep } from './scenarios/kill-at-step.ts'
import { zombie } from './scenarios/zombie.ts'

/** Every way in which things break that we have tried. One file each in `scenarios/`. */
export const SCENARIOS: readonly Scenario[] = [consumerKill, killAtStep, zombie]
