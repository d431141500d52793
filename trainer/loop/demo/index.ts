export { endOnInterrupt, registerDemoCommands, tellProgress } from './commands.ts'
export { runDemo, type DemoOptions, type DemoOutcome } from './demo.ts'
export { startLoop, type RunningLoop, type StartLoopOptions } from './process-loop.ts'
export { wallStopwatch, type Stopwatch } from './process-stopwatch.ts'
