import { createRandom } from '#streams'

const DEVICES = ['phone', 'tablet', 'desktop'] as const
const OWN_DEVICE_SHARE = 0.8
const DWELL_SECONDS_MEDIAN = 30
const DWELL_SPREAD = 0.8

/** The device of a request: four times in five the person's own. It has no part in what is clicked. */
export function createDevices(seed: string): (userId: string, requestId: string) => string {
  return (userId, requestId) => {
    const request = createRandom(`${seed}/device/${requestId}`)
    const whose = request.chance(OWN_DEVICE_SHARE) ? createRandom(`${seed}/device-of/${userId}`) : request
    return DEVICES[whose.int(DEVICES.length)]!
  }
}

/** How long somebody stayed after a click, seconds. */
export function dwellSecondsOf(seed: string, clickId: string): number {
  const seconds = createRandom(`${seed}/dwell/${clickId}`).logNormal(DWELL_SECONDS_MEDIAN, DWELL_SPREAD)
  return Math.max(0.1, Math.round(seconds * 10) / 10)
}
