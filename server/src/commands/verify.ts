import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { err, ok, type Result } from '@quire/shared'
import { dataDirOption, type DataDirOption } from './data-dir-option.ts'
import { type NotDone, type Output, setWork, type Done } from './output.ts'
import { formatBytes } from './progress.ts'
import { timeProblem } from './times.ts'
import { lineOf, type Finding } from './verify/finding.ts'
import type { Verified } from './verify/verify-file.ts'

interface VerifyFlags extends DataDirOption {
  readonly backup?: string
  readonly at?: string
  readonly expect?: string
  readonly documents?: true
}

const failed = (message: string) => err({ kind: 'failed', message } as const)

/** `quire verify`: whether what is stored is what it has to be. */
export const registerVerify = (program: Command): void => {
  const command = program
    .command('verify')
    .description(
      'Checks every document, of a data directory, also while a server runs on it, or of a backup, and names what is wrong.',
    )
    .addOption(dataDirOption())
    .option(
      '--backup <folder>',
      'Checks a backup in this folder instead; it is put together in the temporary directory.',
    )
    .option(
      '--at <time>',
      'Of the backups the newest that is not of after this time (ISO 8601); without it the newest.',
    )
    .option('--expect <digest>', 'What the digest was when all was well: another one is a finding.')
    .option(
      '--documents',
      'Adds each document’s name, newest update and digest to what --json prints.',
    )
  setWork(command, async (output) => {
    const flags = command.opts<VerifyFlags>()
    if (flags.at !== undefined && flags.backup === undefined)
      return err({ kind: 'usage', message: '--at: there is no --backup of which it could be' })
    const wrong = timeProblem(flags.at)
    if (wrong !== null) return err({ kind: 'usage', message: wrong })
    return flags.backup === undefined
      ? verifyDirectory(flags, output)
      : verifyBackup(flags.backup, flags, output)
  })
}

const verifyDirectory = async (
  flags: VerifyFlags,
  output: Output,
): Promise<Result<Done, NotDone>> => {
  const file = join(flags.dataDir, 'quire.db')
  if (!existsSync(file)) return failed(`${flags.dataDir} has no quire.db to verify`)
  const verified = await verifyWithProgress(file, output)
  return verified.ok ? ok(doneOf(verified.value, flags, [])) : failed(verified.error)
}

const verifyWithProgress = async (
  file: string,
  { progress, signal }: Output,
): Promise<Result<Verified, string>> => {
  const { verifyFile } = await import('./verify/verify-file.ts')
  const reading = progress('checking the file', 'bytes')
  const checking = progress('verifying', 'documents')
  const verified = await verifyFile({
    file,
    signal,
    onFile: (bytes, total) => {
      reading.at(bytes, total)
      if (bytes === total) reading.end()
    },
    onChecked: (done, total) => checking.at(done, total),
  })
  checking.end()
  return verified
}

const verifyBackup = async (
  target: string,
  flags: VerifyFlags,
  output: Output,
): Promise<Result<Done, NotDone>> => {
  const { chooseBackup } = await import('../storage/sqlite/backup/target.ts')
  const { assemble } = await import('../storage/sqlite/backup/assemble.ts')
  const { ChunkError } = await import('../storage/sqlite/backup/chunks.ts')
  const { problemFrom } = await import('../storage/sqlite/problem.ts')
  const chosen = chooseBackup(target, flags.at)
  if (!chosen.ok) return failed(chosen.error)
  const manifest = chosen.value
  const directory = mkdtempSync(join(tmpdir(), 'quire-verify-'))
  const file = join(directory, 'quire.db')
  const reading = output.progress('reading', 'bytes')
  const onBytes = (bytes: number, total: number): void => reading.at(bytes, total)
  try {
    await assemble({ target, manifest, to: file, signal: output.signal, onBytes })
    reading.end()
    const verified = await verifyWithProgress(file, output)
    if (!verified.ok) return failed(verified.error)
    const { heads, documents } = verified.value
    const present = documents.filter(({ isDeleted }) => !isDeleted).length
    const isAsTold = heads === manifest.heads && present === manifest.documents
    const other = `the backup of ${manifest.at} is told to hold ${manifest.documents} documents and ${manifest.heads} updates, and holds ${present} and ${heads}`
    return ok(doneOf(verified.value, flags, isAsTold ? [] : [ofBackup(other)]))
  } catch (thrown) {
    if (problemFrom(thrown, 'verify', directory).kind === 'full')
      return failed(
        `${directory} has no room for the ${formatBytes(manifest.bytes)} of the backup: set TMPDIR to where there is`,
      )
    if (!(thrown instanceof ChunkError)) throw thrown
    const damaged = { documents: [], findings: [], heads: 0, digest: null }
    return ok(doneOf(damaged, flags, [ofBackup(thrown.message)]))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const ofBackup = (problem: string): Finding => ({ document: null, seq: null, problem })

const doneOf = (verified: Verified, flags: VerifyFlags, more: readonly Finding[]): Done => {
  const { documents, heads, digest } = verified
  const isOther = flags.expect !== undefined && flags.expect !== digest
  const other = `the digest is ${digest ?? 'not to be had'}, and not ${flags.expect}`
  const findings = [...verified.findings, ...more, ...(isOther ? [ofBackup(other)] : [])]
  const summary = `${documents.length} documents, ${heads} updates, digest ${digest ?? 'not to be had'}`
  const listed = documents.map(({ name, isDeleted, head, digest: own }) => {
    return { name, isDeleted, head, digest: own }
  })
  return {
    report: {
      documents: documents.length,
      heads,
      digest,
      findings,
      ...(flags.documents === true && { list: listed }),
    },
    lines: [
      ...findings.map(lineOf),
      findings.length === 0
        ? `nothing is wrong: ${summary}`
        : `${findings.length} findings: ${summary}`,
    ],
    hasFindings: findings.length > 0,
  }
}
