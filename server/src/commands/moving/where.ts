/* Which documents a command is about: those of a data directory, or of a running server. */
import { readFile } from 'node:fs/promises'
import { err, ok, type Result } from '@quire/shared'
import type { DataDirOption } from '../data-dir-option.ts'
import type { NotDone } from '../output.ts'
import { messageOf } from './source.ts'
import type { ServerAddress } from './server-client.ts'

/** The options that say so. */
export interface WhereOptions extends DataDirOption {
  readonly url?: string
  readonly tokenFile?: string
  /** From the environment. */
  readonly token: string | null
  /** Whether a data directory was named on the command line. */
  readonly isDataDirGiven: boolean
}

/** A place of documents. */
export type Where =
  | { readonly kind: 'data-dir'; readonly dataDir: string }
  | ({ readonly kind: 'server' } & ServerAddress)

/** Reads the options. A token is never told. */
export const whereOf = async (options: WhereOptions): Promise<Result<Where, NotDone>> => {
  const { url, dataDir, tokenFile, token, isDataDirGiven } = options
  const wrong = (message: string) => err({ kind: 'usage', message } as const)
  if (url === undefined) {
    if (tokenFile !== undefined) return wrong('--token-file is for --url')
    return ok({ kind: 'data-dir', dataDir })
  }
  if (isDataDirGiven) return wrong('--url and --data-dir: name one of them')
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return wrong('--url: this is no http or https address')
  if (parsed.username !== '' || parsed.password !== '')
    return wrong('--url: a login does not stand in the address; QUIRE_TOKEN or --token-file has it')
  if (tokenFile === undefined) return ok({ kind: 'server', url, token })
  try {
    return ok({ kind: 'server', url, token: (await readFile(tokenFile, 'utf8')).trim() })
  } catch (thrown) {
    const reason = messageOf(thrown)
    return wrong(`--token-file cannot be read: ${reason}`)
  }
}
