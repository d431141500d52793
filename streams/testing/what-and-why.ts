/** How a limit of a configuration describes itself: "what it bounds: why so much". */
export const WHAT_AND_WHY = /^.{8,}: .{15,}$/s
