/*
 * Editing traces: gzipped JSON, sequential or concurrent. e2e/traces/README.md has the format.
 */
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { err, ok, type Result } from '@quire/shared'

/** At `position`, `deleted` characters go and `inserted` comes. */
export type Patch = readonly [position: number, deleted: number, inserted: string]

/** What one person did at once. `parents` are the transactions whose merge it was made on. */
export interface Transaction {
  readonly agent: number
  readonly parents: readonly number[]
  readonly patches: readonly Patch[]
}

/** A recorded session. `agents` people wrote, numbered from 0. */
export interface Trace {
  readonly agents: number
  readonly transactions: readonly Transaction[]
  /** The text at the end, as the recording program merged it. */
  readonly endContent: string
}

/** Reads a trace file; the error is a sentence that names the file. */
export const readTrace = async (file: string): Promise<Result<Trace, string>> => {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    return err(`cannot read ${file}: ${messageOf(error)}`)
  }
  let json: unknown
  try {
    json = JSON.parse(textOf(bytes))
  } catch (error) {
    return err(`${file} is not a trace: ${messageOf(error)}`)
  }
  const trace = parseTrace(json)
  return trace.ok ? trace : err(`${file} is not a trace: ${trace.error}`)
}

/** Checks the shape of a parsed trace; the error says what is wrong and where. */
export const parseTrace = (json: unknown): Result<Trace, string> => {
  if (!isRecord(json)) return err('it is not a JSON object')
  const { kind, startContent = '', endContent, numAgents, txns } = json
  if (typeof endContent !== 'string') return err('endContent is not text')
  if (startContent !== '') return err('startContent is not empty')
  if (!Array.isArray(txns)) return err('txns is not a list')
  const isConcurrent = kind === 'concurrent'
  const agents = isConcurrent ? numAgents : 1
  if (!isCount(agents) || agents === 0) return err('numAgents is not a number of people')
  const transactions: Transaction[] = []
  for (const [i, raw] of txns.entries()) {
    const transaction = isConcurrent ? concurrent(raw, i, agents) : sequential(raw, i)
    if (transaction === null) return err(`transaction ${i} is malformed`)
    transactions.push(transaction)
  }
  return ok({ agents, transactions, endContent })
}

const sequential = (raw: unknown, index: number): Transaction | null => {
  if (!isRecord(raw) || !isPatches(raw['patches'])) return null
  return { agent: 0, parents: index === 0 ? [] : [index - 1], patches: raw['patches'] }
}

const concurrent = (raw: unknown, index: number, agents: number): Transaction | null => {
  if (!isRecord(raw)) return null
  const { agent, parents, patches } = raw
  if (!isCount(agent) || agent >= agents || !isPatches(patches)) return null
  if (!Array.isArray(parents) || !parents.every((parent) => isCount(parent) && parent < index))
    return null
  return { agent, parents, patches }
}

const isPatches = (value: unknown): value is readonly Patch[] =>
  Array.isArray(value) &&
  value.every(
    (patch) =>
      Array.isArray(patch) &&
      patch.length === 3 &&
      isCount(patch[0]) &&
      isCount(patch[1]) &&
      typeof patch[2] === 'string',
  )

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

/** Plain JSON is taken as well: RFC 1952 §2.3.1 starts a gzip file with these two bytes. */
const textOf = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes)

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
