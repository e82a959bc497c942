/*
 * `npm run compat`: makes every try and writes server/COMPATIBILITY.md. Ends with 1 if one came out otherwise
 * than is known of it. Argument: where to write the page, if not there.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Theme } from './cases/case.ts'
import { themes } from './cases/index.ts'
import { runCase, SharedServers, verdictOf } from './cases/scene.ts'
import { peers, quire } from './servers/hosts.ts'
import { renderTable, type Cell, type Try } from './table.ts'

/** Tries at the same time: clients and servers share the machine. */
const AT_ONCE = 4

const page =
  process.argv[2] ?? fileURLToPath(new URL('../../server/COMPATIBILITY.md', import.meta.url))
const cells = new Map<string, Cell>()
const keyOf = ({ case: one, family, host }: Try): string =>
  `${one.title}: ${family.name} on ${host.name}`
const surprises: string[] = []

const make = async (of: Try, servers: SharedServers): Promise<void> => {
  const exception = of.case.exception?.(of.family, of.host) ?? null
  const outcome = await runCase(of, servers)
  const verdict = verdictOf(outcome, exception)
  if (verdict !== 'as expected') surprises.push(`${keyOf(of)}: ${verdict}`)
  cells.set(
    keyOf(of),
    outcome.kind === 'fails'
      ? { kind: 'fails', why: verdict === 'as expected' ? (exception?.why ?? '') : verdict }
      : outcome,
  )
}

const tryTheme = async ({ title, cases }: Theme): Promise<void> => {
  const servers = new SharedServers()
  const waiting = [quire, ...peers].flatMap((host) =>
    cases.flatMap((one) => host.families.map((family): Try => ({ case: one, family, host }))),
  )
  process.stdout.write(`${title}: ${waiting.length} tries\n`)
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await make(next, servers)
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  } finally {
    await servers.close()
  }
}

for (const theme of themes) await tryTheme(theme)
await writeFile(
  page,
  renderTable(themes, (of) => cells.get(keyOf(of)) ?? { kind: 'none', why: 'it was not tried' }),
)
for (const surprise of surprises) process.stdout.write(`otherwise: ${surprise}\n`)
process.exit(surprises.length === 0 ? 0 : 1)
