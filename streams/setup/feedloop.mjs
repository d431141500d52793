#!/usr/bin/env -S node --max-semi-space-size=64
/** The command. In a source checkout it first makes sure that packages and dist/ are there. */
import { install, nodeWarning, SetupError } from './install.mjs'

const LINGER_MS = 5_000

try {
  // Child processes of a running command use the build their parent uses.
  if (process.env.FEEDLOOP_SETUP !== 'done') {
    install()
    const warning = process.env.NODE_NO_WARNINGS === '1' ? null : nodeWarning(process.versions.node)
    if (warning !== null) process.stderr.write(`${warning}\n`)
  }
  process.env.FEEDLOOP_SETUP = 'done'
  const { main } = await import('../../dist/feedloop.js')
  const exitCode = await main(process.argv.slice(2))
  // A command may have set one itself (stack status).
  if (exitCode !== 0) process.exitCode = exitCode
  // A batch that never ends must not keep a service that has failed: its supervisor waits for the exit.
  setTimeout(() => process.exit(), LINGER_MS).unref()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`feedloop: ${error.message}\n`)
  process.exitCode = 1
}
