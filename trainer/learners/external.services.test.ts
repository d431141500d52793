import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSmallDisk, smallDiskUnavailable, until } from '#streams/testing'
import { fitModel, type FitRequest } from '../learning/fit-model.ts'
import { createFitHost } from '../learning/process-fit-host.ts'
import { linearTrainedModel } from '../export/linear-model.ts'
import { drawRows, trainingRowsOf } from '../testing/learner-conformance.ts'
import { learnerChoiceSchema } from './choice.ts'
import type { ExternalConfig } from './external.ts'
import type { WindowManifest } from './external/window-manifest.ts'

const WIDTH = 4
const COLUMNS = ['age', 'label', 'price', 'ctr']
const drawn = drawRows(1, 3_000)
const small = await smallDiskUnavailable()
let home: string
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'feedloop-external-'))
  await mkdir(path.join(home, 'work'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

function requestOf(
  settings: Partial<ExternalConfig> & Pick<ExternalConfig, 'command'>,
  labels = drawn,
): FitRequest {
  const rows = trainingRowsOf(labels)
  return {
    choice: learnerChoiceSchema.parse({ use: 'external', workFolder: path.join(home, 'work'), ...settings }),
    task: {
      width: WIDTH,
      graphName: 'external-click',
      columns: COLUMNS,
      label: 'click',
      featureSetId: 'fs-1',
    },
    rows: { ...rows, userIds: labels.map((_, at) => `u${String(at)}`), itemIds: labels.map(() => 'i') },
    seed: 7,
    goldenVectors: rows.vectors.slice(0, 20 * WIDTH),
  }
}
const asked = () => ({ signal: new AbortController().signal, progress: () => undefined })

/** A model file as a program might have made it. */
async function modelFile(name: string, weights: number[], bias = -2): Promise<string> {
  const facts = { examples: 1, rounds: 1, parameters: 1 }
  const { onnx } = linearTrainedModel({ weights: Float64Array.from(weights), bias }, 'made', facts)
  return givenFile(name, onnx)
}
async function givenFile(name: string, content: Uint8Array | string): Promise<string> {
  await mkdir(path.join(home, name), { recursive: true })
  const file = path.join(home, name, 'model.onnx')
  await writeFile(file, content)
  return file
}
/** A program in JavaScript; `folder` is there. */
const program = (code: string) => [
  process.execPath,
  '-e',
  `const fs = require('fs'), folder = process.argv.at(-1); ${code}`,
]
const left = () => readdir(path.join(home, 'work'))

describe('a program of somebody else as a learner', () => {
  it('is given the window and its manifest, and its file is taken', async () => {
    const [model, out] = [await modelFile('good', [1, -1, 0, 0.5]), path.join(home, 'seen')]
    const command = program(
      `fs.cpSync(folder, ${JSON.stringify(out)}, { recursive: true }); fs.copyFileSync(${JSON.stringify(model)}, folder + '/model.onnx');
       fs.writeFileSync(folder + '/answer.json', JSON.stringify({ metrics: { auc: 0.7 } }));
       if (process.env.FEEDLOOP_FOLDER !== folder) process.exit(9)`,
    )
    const told: number[] = []
    const request = requestOf({ command })
    const { onnx, facts, golden } = await fitModel(request, {
      ...asked(),
      progress: (share) => told.push(share),
    })
    expect(onnx).toEqual(new Uint8Array(await readFile(model)))
    expect(facts).toEqual({ examples: 3_000, rounds: 1, parameters: 5, told: { 'program.auc': 0.7 } })
    expect(golden.scores.length).toBe(20)
    expect(told.at(-1)).toBe(1)

    const manifest = JSON.parse(await readFile(path.join(out, 'manifest.json'), 'utf8')) as WindowManifest
    expect(manifest).toMatchObject({
      ...{ formatVersion: 1, featureSetId: 'fs-1', label: 'click', columns: COLUMNS },
      ...{ rows: 3_000, fromMs: 0, toMs: 2_999, seed: 7 },
    })
    expect(manifest.rowColumns.label).toBe('_label')
    const rows = await parquetReadObjects({
      file: await asyncBufferFromFile(path.join(out, 'window.parquet')),
    })
    expect(rows).toHaveLength(3_000)
    const { vector, label } = drawn[1_234]!
    expect(rows[1_234]).toEqual({
      ...Object.fromEntries(COLUMNS.map((name, at) => [name, vector[at]])),
      ...{ _label: label, weight: 1, occurred_at: 1_234n, user_id: 'u1234', item_id: 'i', propensity: 1 },
    })
    expect(await left()).toEqual([])
  })

  it('says itself what its golden rows score', async () => {
    const model = await modelFile('own-scores', [1, -1, 0, 0.5])
    const command = program(
      `fs.copyFileSync(${JSON.stringify(model)}, folder + '/model.onnx');
       fs.writeFileSync(folder + '/answer.json', JSON.stringify({ goldenScores: Array(20).fill(0.25) }))`,
    )
    // The gate proves it, as it does for all.
    expect((await fitModel(requestOf({ command }), asked())).golden.scores).toEqual(
      new Float32Array(20).fill(0.25),
    )
  })

  it('leaves no model and one sentence when it does not answer with one', async () => {
    const copied = (file: string) => ['cp', file]
    const cases: [string, string[] | Promise<string[]>, RegExp, Partial<ExternalConfig>?][] = [
      ['missing', ['no-such-program'], /^the program no-such-program is not there: name one/],
      [
        'a stack trace',
        program("console.error('Traceback:'); console.error('ValueError: bad'); process.exit(3)"),
        /ended with code 3: ValueError: bad\n {2}\| Traceback:$/,
      ],
      [
        'killed',
        program("process.kill(process.pid, 'SIGKILL')"),
        /was ended by SIGKILL, and printed nothing$/,
      ],
      ['no file', program(''), /^the program ended well, but wrote no model.onnx into its folder$/],
      [
        'no ONNX',
        givenFile('text', 'Traceback (most recent call last)').then(copied),
        /^the file is no ONNX model: /,
      ],
      [
        'other inputs',
        modelFile('three', [1, 2, 3]).then(copied),
        /^the file takes vectors\[N,3\], and must take one input of 4 float columns/,
      ],
      ['NaN', modelFile('nan', [NaN, 0, 0, 0]).then(copied), /the score of row \d+ is NaN, not within 0..1$/],
      [
        'too large',
        givenFile('large', new Uint8Array(1024 * 1024 + 1)).then(copied),
        /has 1048577 bytes, more than `modelMegabytesMax` allows/,
        { modelMegabytesMax: 1 },
      ],
      [
        'a wrong answer.json',
        modelFile('odd', [1, 1, 1, 1]).then((file) =>
          program(
            `fs.copyFileSync(${JSON.stringify(file)}, folder + '/model.onnx'); fs.writeFileSync(folder + '/answer.json', '{"metrics": {"auc": "high"}}')`,
          ),
        ),
        /^its answer.json is wrong at metrics.auc: /,
      ],
      [
        'much output',
        program("console.log('x'.repeat(1e6)); console.log('the end'); process.exitCode = 1"),
        /ended with code 1: the end\n {2}\| x{1000,1024}$/,
        { outputKilobytesMax: 1 },
      ],
      [
        'no folder',
        ['true'],
        /^no folder for the fit can be made in \/no\/where \(ENOENT.*\): make it, or name another `workFolder`$/,
        { workFolder: '/no/where' },
      ],
    ]
    const told = await Promise.all(
      cases.map(async ([, command, , settings]) =>
        fitModel(requestOf({ command: await command, ...settings }), asked()).then(
          () => 'a model',
          (error: Error) => error.message,
        ),
      ),
    )
    cases.forEach(([name, , message], at) => expect(told[at], name).toMatch(message))
    expect(await left()).toEqual([])
  })

  it('is not asked to learn from one label', async () => {
    const alike = drawn.map((row) => ({ ...row, label: 0 as const }))
    await expect(fitModel(requestOf({ command: ['true'] }, alike), asked())).rejects.toMatchObject({
      message:
        'all 3000 rows of the window have the label 0: there is nothing to tell apart, take a longer window',
    })
  })

  it.skipIf(small !== null)(`is told of a full disk (${small ?? 'tmpfs'})`, async () => {
    const disk = await openSmallDisk(1)
    const many = requestOf({ command: ['true'], workFolder: disk.folder }, drawRows(2, 60_000))
    await expect(fitModel(many, asked())).rejects.toThrow(
      /^the window of 60000 rows cannot be written to .*no space left.*: make room there/i,
    )
    await disk.close()
  })
})

describe('a program that hangs', () => {
  /** It starts another one, which would go on for long. */
  const hanging = (pids: string) =>
    program(
      `const child = require('child_process').spawn('sleep', ['600']); fs.writeFileSync(${JSON.stringify(pids)}, [process.pid, child.pid].join(' ')); setInterval(() => undefined, 1000)`,
    )
  async function expectGone(pids: string): Promise<void> {
    for (const pid of (await readFile(pids, 'utf8')).split(' '))
      await until(`process ${pid} to be gone`, () => Promise.resolve(!existsSync(`/proc/${pid}`)))
    await until('the folder to be gone', async () => (await left()).length === 0)
  }

  it('is ended with all it started when its time is over', async () => {
    const pids = path.join(home, 'pids-late')
    const request = requestOf({ command: hanging(pids), timeoutMinutes: 1 / 60 })
    await expect(fitModel(request, asked())).rejects.toThrow(/did not end within 1 s, and printed nothing$/)
    await expectGone(pids)
  })

  it('is ended when nobody wants the model any more', async () => {
    const pids = path.join(home, 'pids-given-up')
    const ends = new AbortController()
    const fit = fitModel(requestOf({ command: hanging(pids) }), { ...asked(), signal: ends.signal })
    const settled = Promise.allSettled([fit])
    await until('the program to run', () => Promise.resolve(existsSync(pids)))
    ends.abort()
    expect(await settled).toMatchObject([{ status: 'rejected', reason: { code: 'fit_aborted' } }])
    await expectGone(pids)
  })

  it('is ended with the thread of the fit', async () => {
    const pids = path.join(home, 'pids-thread')
    const host = createFitHost({ fitMsMax: 60_000 })
    const settled = Promise.allSettled([host.fit(requestOf({ command: hanging(pids) }), asked())])
    await until('the program to run', () => Promise.resolve(existsSync(pids)))
    await host.stop()
    expect(await settled).toMatchObject([{ status: 'rejected', reason: { code: 'fit_aborted' } }])
    await expectGone(pids)
  })
})
