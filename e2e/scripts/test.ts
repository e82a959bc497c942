/*
 * npm test: everything that holds the product. All stages run, so that one run shows all that is wrong;
 * only a failed build ends it early. The last line counts tests and checks.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildEditor, buildOperations, buildProvider, buildServer } from './build-steps.ts'
import { provideChromium } from './chromium.ts'
import { PROXIES, providePrograms } from './debian-packages.ts'
import { run } from './run.ts'
import { readPlaywright, readVitest, tallyOf, tallyReport, total, type Tally } from './tally.ts'

const PROJECTS = [
  'shared',
  'shared/tsconfig.test.json',
  'server',
  'server/tsconfig.test.json',
  'web/provider',
  'web/provider/tsconfig.node.json',
  'web/provider/tsconfig.test.json',
  'web/editor',
  'web/editor/tsconfig.worker.json',
  'web/operations',
  'web/examples',
  'e2e',
]

const reports = mkdtempSync(join(tmpdir(), 'quire-test-'))
const tallies: Tally[] = []

const describe = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`

const stage = async (title: string, work: () => Promise<Tally>): Promise<Tally> => {
  process.stdout.write(`\n── ${title}\n`)
  const startedAt = performance.now()
  const tally = await work()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`── ${title}: ${describe(tally)}, ${seconds} s\n`)
  tallies.push(tally)
  return tally
}

const check = (title: string, command: string, args: readonly string[]): Promise<Tally> =>
  stage(title, async () => tallyOf((await run(command, args)) === 0))

const finish = (): never => {
  rmSync(reports, { recursive: true, force: true })
  const sum = total(tallies)
  process.stdout.write(`
${describe(sum)}
`)
  // what a developer's machine may lack, the continuous integration has
  const isComplete = sum.skipped === 0 || process.env['CI'] === undefined
  process.exit(sum.failed === 0 && isComplete ? 0 : 1)
}

const built = await stage('build', async () =>
  tallyOf(
    (await buildServer()) === 0 &&
      (await buildProvider()) === 0 &&
      (await buildEditor()) === 0 &&
      (await buildOperations()) === 0,
  ),
)
if (built.failed > 0) finish()

await check('types', 'tsc', ['-b', ...PROJECTS])
await check('lint', 'oxlint', ['--type-aware', '--deny-warnings'])
await check('format', 'oxfmt', ['--check'])
await check('unused', 'knip', [])

await stage('unit, contract, property, replay and fault tests', async () => {
  // without them their tests are skipped, which fails where nothing may be
  const proxies = await providePrograms(Object.values(PROXIES))
  if (proxies !== null)
    process.stdout.write(`Tests behind nginx and Caddy are skipped. Run: ${proxies.missing}\n`)
  const file = join(reports, 'vitest.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  return tallyReport(await run('vitest', ['run', ...reporters]), file, readVitest)
})

await stage('browser', async () => {
  const chromium = await provideChromium()
  if (chromium !== null) {
    process.stdout.write(
      `No Chromium was found and none could be installed. Run: ${chromium.missing}\n`,
    )
    return tallyOf(false)
  }
  const file = join(reports, 'playwright.json')
  const code = await run('playwright', ['test', '-c', 'e2e'], { PLAYWRIGHT_JSON_OUTPUT_NAME: file })
  return tallyReport(code, file, readPlaywright)
})

finish()
