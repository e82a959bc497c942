import { parseArgs } from 'node:util'
import { err, ok, type Result } from '@quire/shared'
import type { ServerName } from './servers/server.ts'

/** What the command was asked. */
export interface BenchArguments {
  readonly isQuick: boolean
  /** Names of scenarios, in the order of the list. */
  readonly only: readonly string[]
  readonly servers: readonly ServerName[]
  /** Where the results go as JSON; null for nowhere. */
  readonly out: string | null
  /** Where the picture goes; null for nowhere. */
  readonly plot: string | null
  readonly seed: number
}

/** What there is to choose from. */
export interface Choices {
  readonly scenarios: readonly string[]
  readonly servers: readonly ServerName[]
}

const PLOT = 'e2e/bench/bench.svg'
const SEED = 1

/** How the command is used. */
export const usageOf = ({
  scenarios,
  servers,
}: Choices): string => `Usage: npm run bench -- [options]

Compares servers of Yjs documents, one after the other, each as its own process.

  --quick              short runs of everything, under two minutes: for a look, not for figures
  --only <names>       comma-separated scenarios: ${scenarios.join(', ')}
  --servers <names>    comma-separated servers: ${servers.join(', ')}
  --out <file.json>    writes everything that was measured
  --plot [<file.svg>]  draws it, by default to ${PLOT}
  --seed <number>      of the moments at which people type, by default ${SEED}
  --help               prints this
`

/** Reads the command line; the error is a sentence, null asks for the usage. */
export const readArguments = (
  argv: readonly string[],
  choices: Choices,
): Result<BenchArguments, string | null> => {
  const parsed = parse(withPlotFile(argv))
  if (!parsed.ok) return parsed
  const { help, quick, only, servers, out, plot, seed } = parsed.value
  if (help === true) return err(null)
  const scenarios = chosen('--only', only, choices.scenarios)
  if (!scenarios.ok) return scenarios
  const kinds = chosen('--servers', servers, choices.servers)
  if (!kinds.ok) return kinds
  if (out === '') return err('--out must name a file')
  if (plot === '') return err('--plot must name a file')
  if (seed !== undefined && !/^\d{1,9}$/.test(seed))
    return err(`--seed must be a whole number, not ${JSON.stringify(seed)}`)
  return ok({
    isQuick: quick === true,
    only: scenarios.value,
    servers: kinds.value,
    out: out ?? null,
    plot: plot ?? null,
    seed: Number(seed ?? SEED),
  })
}

/** `--plot` may stand alone. */
const withPlotFile = (argv: readonly string[]): readonly string[] =>
  argv.map((argument, i) => {
    const next = argv[i + 1]
    const isAlone = argument === '--plot' && (next === undefined || next.startsWith('--'))
    return isAlone ? `--plot=${PLOT}` : argument
  })

const chosen = <T extends string>(
  option: string,
  raw: string | undefined,
  all: readonly T[],
): Result<readonly T[], string> => {
  if (raw === undefined) return ok(all)
  const names = raw.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !all.some((known) => known === name))
  if (unknown !== undefined)
    return err(`${option}: there is no ${JSON.stringify(unknown)}; there are ${all.join(', ')}`)
  return ok(all.filter((name) => names.includes(name)))
}

const parse = (argv: readonly string[]) => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean' },
        quick: { type: 'boolean' },
        only: { type: 'string' },
        servers: { type: 'string' },
        out: { type: 'string' },
        plot: { type: 'string' },
        seed: { type: 'string' },
      },
    })
    return ok(values)
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error))
  }
}
