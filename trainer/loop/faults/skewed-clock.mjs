/**
 * Sets the wall clock of a process ahead or back: `node --import '../../faults/.../skewed-clock.mjs?ms=3600000' ...`. Shifts Date and
 * nothing else, as a wrong clock does: monotonic time goes on as it should.
 */
const skewMs = Number(new URL(import.meta.url).searchParams.get('ms'))
const RealDate = Date
const nowMs = RealDate.now
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(nowMs() + skewMs)
    else super(...given)
  }
  static now() {
    return nowMs() + skewMs
  }
}
