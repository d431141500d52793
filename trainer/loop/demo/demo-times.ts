/** Feed seconds per wall second. */
export const CLOCK_SPEED = 60
/** Without a terminal, and when nobody says otherwise. */
export const DEMO_MINUTES = 3
/** When the drift comes in a run of known length, so that there is a before and an after. */
export const DRIFT_SHARE = 0.4
/** Width of the windows before the drift and at the end, share of the run. */
export const WINDOW_SHARE = 0.2
