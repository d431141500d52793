import type { Reporter, TestModule } from 'vitest/node'

/**
 * Names every test that passed at its second try only: none of that is hidden, each is a fault of the test or of ours
 * that somebody must look at.
 */
export function tellSecondTries(print: (text: string) => void): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[]) {
      const flaky = modules.flatMap((module) =>
        [...module.children.allTests('passed')].filter((test) => test.diagnostic()?.flaky === true),
      )
      if (flaky.length === 0) return
      const lines = flaky.map((test) => {
        const { errors = [] } = test.result()
        const why = errors.map(({ message }) => `\n      ${message.split('\n').slice(0, 5).join('\n      ')}`)
        return `  ${test.module.relativeModuleId} > ${test.fullName}${why.join('')}`
      })
      print(`\nPassed at the second try only, look at each:\n${lines.join('\n')}\n`)
    },
  }
}
