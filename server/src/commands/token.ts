import { type Command, Option } from 'commander'
import type { TokenOptions } from './token-work.ts'
import { setWork } from './output.ts'

const collect = (one: string, before: readonly string[] = []): readonly string[] => [...before, one]

/** `quire token`: a token for a server whose logins are checked by QUIRE_JWT_SECRET. */
export const registerToken = (program: Command): void => {
  const command = program
    .command('token')
    .description(
      'Makes a token (JWT, HS256) and prints it alone. Signed with QUIRE_JWT_SECRET, which is read from the environment or a file.',
    )
    .option(
      '--doc <pattern=access>',
      'What it grants, once for each: a name, or a prefix and *, with read, comment or write.',
      collect,
    )
    .option(
      '--sub <user>',
      'Whose it is. Without one it is an application’s, for all of its users.',
    )
    .option('--name <name>', 'What others see the user as.')
    .option('--expires <time>', 'How long it holds: 90s, 15m, 1h, 30d, or never.', '1h')
    .addOption(
      new Option(
        '--operations <access>',
        'Lets it see (read) or also change (write) how the server does.',
      ).choices(['read', 'write']),
    )
    .addOption(
      new Option(
        '--issuer <text>',
        'Who issues it (iss); must be the server’s QUIRE_JWT_ISSUER.',
      ).env('QUIRE_JWT_ISSUER'),
    )
    .addOption(
      new Option(
        '--audience <text>',
        'For whom it is (aud); must be the server’s QUIRE_JWT_AUDIENCE.',
      ).env('QUIRE_JWT_AUDIENCE'),
    )
    .option('--secret-file <file>', 'Where the secret is, instead of in QUIRE_JWT_SECRET.')
  setWork(command, async (output) => {
    const { makeToken } = await import('./token-work.ts')
    return makeToken(command.opts<TokenOptions>(), {
      secret: process.env['QUIRE_JWT_SECRET'] ?? '',
      output,
    })
  })
}
