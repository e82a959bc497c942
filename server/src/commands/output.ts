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
    note: (line) => target.write(`quire: ${printable(redacted(line))}\n`),
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

/** Resolves with why it is not where it was to go, null where it is. */
const written = (stream: NodeJS.WriteStream, text: string): Promise<string | null> =>
  new Promise((resolve) => {
    stream.write(text, (error) => {
      // whoever was to read it may be gone, which changes nothing of what was done
      const isGone =
        error && 'code' in error && ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(String(error.code))
      resolve(error && !isGone ? error.message : null)
    })
  })

/** A name, a path or another server's words may hold what a terminal takes for orders (ECMA-48). */
const printable = (text: string): string =>
  text.replaceAll(
    /(?![\n\t])\p{Cc}/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** Runs a command's work, says what came of it, and ends the process with its exit code. */
const runWork = async (isJson: boolean, work: Work): Promise<never> => {
  const { output, endProgress } = createOutput(interruption(), { isJson, target: errorTarget() })
  const outcome = await attempted(work, output)
  endProgress()
  const kind = !outcome.ok ? outcome.error.kind : outcome.value.hasFindings ? 'findings' : 'done'
  if (!outcome.ok) output.note(outcome.error.message)
  const rest = outcome.ok ? outcome.value.report : { error: redacted(outcome.error.message) }
  const lines = outcome.ok ? outcome.value.lines.map((line) => `${printable(line)}\n`) : []
  const text = isJson ? `${JSON.stringify({ result: kind, ...rest })}\n` : lines.join('')
  const problem = text === '' ? null : await written(process.stdout, text)
  if (problem !== null) output.note(`what came of it cannot be written: ${problem}`)
  await written(process.stderr, '') // and with it all that was said before
  process.exit(problem === null ? exitCodes[kind] : exitCodes.failed)
}

/** Gives a command its `--json`, and its work, which reads the command's options and arguments when it is done. */
export const setWork = (command: Command, work: Work): void => {
  command
    .option('--json', 'Prints one JSON object at the end, and no progress.')
    .action(() => runWork(command.opts<{ json?: true }>().json === true, work))
}
