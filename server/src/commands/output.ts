/*
 * What a command says. Standard output has the result alone: lines for people, or with --json one object; standard
 * error has everything else. So `quire … --json | jq` and `TOKEN=$(quire token …)` work.
 */
import type { Command } from 'commander'
import type { Result } from '@quire/shared'
import { redacted } from '../observe/redacted.ts'
import { exitCodes } from './exit-codes.ts'
import { messageOf } from './message-of.ts'
import { createProgress, noProgress, type Progress, type ProgressTarget } from './progress.ts'

/** What a command that is done has to say. */
export interface Done {
  /** With --json, beside `result`. */
  readonly report: Readonly<Record<string, unknown>>
  /** For people. */
  readonly lines: readonly string[]
  /** Whether something was found wrong, or left out: the exit code says so. */
  readonly hasFindings: boolean
}

/** Why a command is not done. `usage`: what it was told is wrong. */
export interface NotDone {
  readonly kind: 'failed' | 'usage'
  /** A sentence that names what, where and the limit, and holds no secret. */
  readonly message: string
}

/** What a command may say while it works. */
export interface Output {
  /** Aborted by SIGINT or SIGTERM: stop, and leave nothing half-done. A second signal ends the process. */
  readonly signal: AbortSignal
  /** A line for people, on standard error; also with --json. */
  note(line: string): void
  /** How far it is with so many `unit` (`bytes`, or a plural such as `documents`); nothing with --json. */
  progress(label: string, unit: string): Progress
}

/** A command's work. What it throws counts as failed, with its message. */
export type Work = (output: Output) => Promise<Result<Done, NotDone>>

/** Where standard error goes. */
const errorTarget = (): ProgressTarget => {
  const { stderr } = process
  return {
    isTTY: stderr.isTTY,
    columns: stderr.columns || 80, // no terminal, or one that does not tell
    write: (text) => void stderr.write(text),
  }
}

/** An output, and the end of all progress that it was asked for: what is said then has a line of its own. */
export const createOutput = (
  signal: AbortSignal,
  { isJson, target }: { readonly isJson: boolean; readonly target: ProgressTarget },
): { readonly output: Output; endProgress(): void } => {
  const begun: Progress[] = []
  const output: Output = {
    signal,
    note: (line) => target.write(`quire: ${redacted(line)}\n`),
    progress: (label, unit) => {
      if (isJson) return noProgress
      const progress = createProgress(label, unit, { target, now: () => performance.now() })
      begun.push(progress)
      return progress
    },
  }
  return {
    output,
    endProgress: () => {
      for (const progress of begun) progress.end()
    },
  }
}

/** Aborts on the first signal; the second one has its usual effect. */
const interruption = (): AbortSignal => {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Error(`interrupted by ${signal}`)))
  return controller.signal
}

const attempted = async (work: Work, output: Output): Promise<Result<Done, NotDone>> => {
  try {
    return await work(output)
  } catch (thrown) {
    return { ok: false, error: { kind: 'failed', message: messageOf(thrown) } }
  }
}

const written = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve) => {
    // whoever was to read it may be gone, which changes nothing of what was done
    stream.write(text, () => resolve())
  })

/** Runs a command's work, says what came of it, and ends the process with its exit code. */
const runWork = async (isJson: boolean, work: Work): Promise<never> => {
  const { output, endProgress } = createOutput(interruption(), { isJson, target: errorTarget() })
  const outcome = await attempted(work, output)
  endProgress()
  const kind = !outcome.ok ? outcome.error.kind : outcome.value.hasFindings ? 'findings' : 'done'
  if (!outcome.ok) await written(process.stderr, `quire: ${redacted(outcome.error.message)}\n`)
  const rest = outcome.ok ? outcome.value.report : { error: redacted(outcome.error.message) }
  if (isJson) await written(process.stdout, `${JSON.stringify({ result: kind, ...rest })}\n`)
  else if (outcome.ok)
    await written(process.stdout, outcome.value.lines.map((line) => `${line}\n`).join(''))
  process.exit(exitCodes[kind])
}

/** Gives a command its `--json`, and its work, which reads the command's options and arguments when it is done. */
export const setWork = (command: Command, work: Work): void => {
  command
    .option('--json', 'Prints one JSON object at the end, and no progress.')
    .action(() => runWork(command.opts<{ json?: true }>().json === true, work))
}
