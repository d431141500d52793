import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CommandContext } from '#streams'
import { createTopologyTestDriver } from '#streams/testing'
import { registerScorerCommands, type ScorerFeedConfig } from './commands.ts'
import { scorerConfigSchema } from './config.ts'
import { startScorer } from './start-scorer.ts'
import { createFakeFeatures } from './testing/fake-features.ts'
import { CONFORMANCE_MODEL } from './testing/model-conformance.ts'
import { writeLogisticModel } from './testing/logistic-model.ts'

afterEach(() => vi.restoreAllMocks())

describe('prove-model', () => {
  async function prove(onnx: Uint8Array, manifest: object): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'feedloop-prove-'))
    try {
      await writeFile(join(folder, 'model.onnx'), onnx)
      await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
      const program = new Command()
      registerScorerCommands(program, {} as CommandContext<ScorerFeedConfig>)
      const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
      const argv = ['prove-model', join(folder, 'model.onnx'), join(folder, 'manifest.json'), '--json']
      await program.parseAsync(argv, { from: 'user' })
      return String(printed.mock.calls[0]?.[0])
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const { onnx, manifest } = writeLogisticModel(CONFORMANCE_MODEL)

  it('prints what was proven', async () => {
    expect(JSON.parse(await prove(onnx, manifest))).toEqual({
      modelId: 'conformance',
      width: 3,
      goldenRows: 3,
    })
  })
  it('fails with what differs', async () => {
    await expect(prove(onnx, { ...manifest, input: 'x' })).rejects.toThrow(/the manifest says one input x/)
    await expect(prove(onnx, { ...manifest, width: 0 })).rejects.toThrow(/width/)
  })
})

describe('HTTP', () => {
  it('says which setting to change when the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const driver = await createTopologyTestDriver({ seed: 1 })
    const config = scorerConfigSchema.parse({ http: { port } })
    await expect(startScorer(driver, { config, features: createFakeFeatures() })).rejects.toMatchObject({
      code: 'http_port_taken',
      policy: 'operator',
      message: `Port ${port} of 127.0.0.1 is taken by another program: set scorer.http.port to a free one.`,
    })
    await new Promise((resolve) => other.close(resolve))
  })

  it('is off unless a port is configured', async () => {
    const driver = await createTopologyTestDriver({ seed: 1 })
    const scorer = await startScorer(driver, {
      config: scorerConfigSchema.parse({}),
      features: createFakeFeatures(),
    })
    expect(scorer.httpUrl).toBeUndefined()
    await scorer.stop()
  })
})
