import { Command } from 'commander'
import { exitCodes } from './exit-codes.ts'

/** What is wrong with a command line, without the values that stand in it: a mistyped option may be that of a secret. */
const withoutValues = (problem: string): string =>
  problem
    // a command that there is none of is taken for an argument of the one that needs no name
    .replace(/too many arguments for 'serve'.+/s, 'too many arguments, or no such command.\n')
    .replace(/=.*'/s, "=…'")
    .replace(/'-[^-].+'/s, "'-…'")
    .replace(/(but got \d+): .+/s, '$1.\n')

/** The `quire` command without its commands, which inherit how it refuses what it does not know. */
export const createProgram = (): Command =>
  new Command('quire')
    .description('A collaborative document backend.')
    .configureOutput({ outputError: (problem, write) => write(withoutValues(problem)) })
    .showHelpAfterError('(--help says what there is)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitCodes.usage))
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 done and something was found wrong or left out.',
    )
