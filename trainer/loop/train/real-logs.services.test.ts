import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { registerFeatureStoreCommands } from '#feature-store'
import { createRandom } from '#streams'
import { registerEvaluateCommands } from '../evaluate/index.ts'
import { registerTrainCommands } from './commands.ts'
import { typedCommands } from './testing/typed-command.ts'

const OPEN_BANDIT = join(import.meta.dirname, '..', 'datasets', 'fixtures', 'open-bandit')
const GENRES = ['Action', 'Comedy', 'Drama', 'Horror', 'Romance', 'Sci-Fi']

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'feedloop-real-logs-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const feedloop = typedCommands(registerFeatureStoreCommands, registerTrainCommands, registerEvaluateCommands)

/** A folder in the format of MovieLens latest-small, whose own files may not be passed on: people like some genres. */
function writeMovieLens(data: string): void {
  mkdirSync(data)
  const random = createRandom('movielens')
  const movies = Array.from({ length: 80 }, (_, n) => ({
    id: n + 1,
    genres: [GENRES[n % 6]!, GENRES[(n * 7 + 2) % 6]!].filter((genre, at, all) => all.indexOf(genre) === at),
  }))
  const lines = movies.map(
    ({ id, genres }) =>
      `${String(id)},"Film, The No. ${String(id)} (${String(1960 + id)})",${genres.join('|')}`,
  )
  writeFileSync(join(data, 'movies.csv'), `movieId,title,genres\n${lines.join('\n')}\n`)
  const ratings: string[] = []
  for (let user = 1; user <= 60; user++) {
    const likes = GENRES[user % 6]!
    let seconds = 1_500_000_000 + random.int(20 * 86_400)
    for (const { id, genres } of movies.filter(() => random.chance(0.45))) {
      seconds += random.int(12 * 3_600)
      const stars = Math.min(
        10,
        Math.max(1, Math.round((genres.includes(likes) ? 8 : 5.5) + 2 * random.normal())),
      )
      ratings.push([user, id, stars / 2, seconds].join(','))
    }
  }
  writeFileSync(join(data, 'ratings.csv'), `userId,movieId,rating,timestamp\n${ratings.join('\n')}\n`)
}

it.each([
  {
    dataset: 'open-bandit',
    dataOf: () => OPEN_BANDIT,
    rows: { rows: 4_000, positives: 28, dataset: 'open-bandit' },
    verdict: 'too few',
    first: '1. Collect more data',
  },
  {
    dataset: 'movielens',
    dataOf() {
      const data = join(folder, 'ml-latest-small')
      writeMovieLens(data)
      return data
    },
    rows: { label: 'like' },
    verdict: 'works',
    first: '1. ',
  },
])(
  'a real log, $dataset, from a proposed suite to the page',
  async ({ dataset, dataOf, rows, verdict, first }) => {
    const data = dataOf()
    const [suite, verdicts] = [
      join(folder, `${dataset}-suite.json`),
      join(folder, `${dataset}-verdicts.json`),
    ]
    expect(await feedloop('validate', data, '--infer', '--out', suite)).toMatch(/^Wrote .*: \d+ expectations/)
    const judged = await feedloop('validate', data, '--suite', suite, '--json', verdicts)
    expect(judged).toMatch(/All \d+ expectations are met/)
    const { expectations } = JSON.parse(readFileSync(suite, 'utf8')) as { expectations: unknown[] }
    expect(expectations.length).toBeGreaterThan(10)

    const [out, training] = [join(folder, `${dataset}-runs`), join(folder, `${dataset}-training.json`)]
    const told = await feedloop(
      ...[
        'train',
        '--dataset',
        dataset,
        '--path',
        data,
        '--learner',
        'ftrl',
        '--out',
        out,
        '--json',
        training,
      ],
    )
    expect(told).toContain('ftrl can learn 100 rows by heart')
    const run = join(out, readdirSync(out)[0]!)
    expect(told).toContain(`Wrote ${run}`)
    expect(JSON.parse(readFileSync(training, 'utf8'))).toMatchObject({ folder: run, data: rows })
    const [html, json] = [join(folder, `${dataset}.html`), join(folder, `${dataset}.json`)]
    const said = await feedloop('evaluate', '--run', run, '--html', html, '--json', json)
    expect(said).toContain(`what to do next:\n${first}`)
    expect(readFileSync(html, 'utf8')).toContain('<h1>Model report: ')
    // Twenty-eight clicks say nothing; thousands of ratings of people with a taste do.
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ feasibility: { verdict } })
  },
)
