import { parseArgs } from 'node:util'
import { err, ok, type Result } from '@quire/shared'

/** What the replay command was asked. */
export interface ReplayArguments {
  readonly file: string
  /** Base for y-websocket clients; null starts a server. */
  readonly url: string | null
  /** Null takes a new name. */
  readonly document: string | null
  /** Edits per second and writer; null is as fast as the server takes them. */
  readonly perSecond: number | null
}

/** How the command is used. */
export const USAGE = `Usage: npm run replay -- FILE [options]

Replays an editing trace through real WebSocket clients into a server.

  FILE                 a trace, for example e2e/traces/sveltecomponent.json.gz
  --url <ws://…>       a running server's address for y-websocket clients, for example
                       ws://127.0.0.1:4400/yjs; without it a server of its own is started
  --document <name>    the document to write, which must be empty; a new one by default
  --speed <number>     edits per second and writer; "max", the default, is as fast as it goes
  --help               prints this
`

/** Reads the command line; the error is a sentence, null asks for the usage. */
export const readArguments = (argv: readonly string[]): Result<ReplayArguments, string | null> => {
  const parsed = parse(argv)
  if (!parsed.ok) return parsed
  const { values, positionals } = parsed.value
  if (values.help === true) return err(null)
  const [file, surplus] = positionals
  if (file === undefined) return err('FILE is missing: which trace?')
  if (surplus !== undefined) return err(`one FILE at a time; what is ${JSON.stringify(surplus)}?`)
  const url = values.url ?? null
  if (url !== null && !isSocketUrl(url))
    return err(`--url must start with ws:// or wss:// and name a host, not ${JSON.stringify(url)}`)
  if (values.document === '') return err('--document must not be empty')
  const speed = values.speed ?? 'max'
  const perSecond = speed === 'max' ? null : Number(speed)
  if (perSecond !== null && !(perSecond > 0 && Number.isFinite(perSecond)))
    return err(`--speed must be max or edits per second, not ${JSON.stringify(speed)}`)
  return ok({ file, url, document: values.document ?? null, perSecond })
}

const parse = (argv: readonly string[]) => {
  try {
    return ok(
      parseArgs({
        args: [...argv],
        allowPositionals: true,
        options: {
          url: { type: 'string' },
          document: { type: 'string' },
          speed: { type: 'string' },
          help: { type: 'boolean' },
        },
      }),
    )
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error))
  }
}

const isSocketUrl = (url: string): boolean =>
  URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol)
