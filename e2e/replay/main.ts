/* `npm run replay`: a trace through real clients into a server, with figures at the end. */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { encodeStateAsUpdate } from 'yjs'
import { openClient, type StockClient } from '../harness/stock-client.ts'
import { documentUrl } from '../harness/raw-client.ts'
import { COMMAND } from '../harness/command.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'
import { readArguments, USAGE, type ReplayArguments } from './arguments.ts'
import { drawProgress } from './progress.ts'
import { record } from './recording.ts'
import { replay } from './replay.ts'
import { readTrace } from './trace.ts'

const REACH_MS = 10_000
const READ_MS = 60_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const fail = (problem: string): never => {
  process.stderr.write(`replay: ${problem}\n`)
  process.exit(1)
}

/** Opens a client and waits for the document's content. */
const read = async (
  server: { readonly yjsUrl: string },
  document: string,
  withinMs: number,
): Promise<StockClient> => {
  const client = openClient(server, document)
  const reached = new Promise<never>((_, reject) => {
    client.provider.on('connection-error', (event) =>
      reject(new Error(`cannot reach ${server.yjsUrl}: ${messageOf(event)}`)),
    )
    client.provider.on('connection-close', (event) =>
      reject(new Error(`${server.yjsUrl} closed with ${event?.code} ${event?.reason ?? ''}`)),
    )
  })
  try {
    await Promise.race([client.synced(withinMs), reached])
  } catch (error) {
    client.close()
    throw error
  }
  return client
}

/** The replay itself; throws the sentence that ends the command. */
const run = async (asked: ReplayArguments, server: Pick<ServerProcess, 'yjsUrl'>) => {
  const trace = await readTrace(asked.file)
  if (!trace.ok) throw new Error(trace.error)
  const name = basename(asked.file).replace(/\.json(\.gz)?$/, '')
  const document = asked.document ?? `replay/${name}-${Date.now()}`
  const before = await read(server, document, REACH_MS)
  const isEmpty = before.text.length === 0
  before.close()
  if (!isEmpty) throw new Error(`document ${document} is not empty; --document takes another name`)

  const { transactions, agents } = trace.value
  say(
    `${name}: ${transactions.length} transactions of ${agents} ${agents === 1 ? 'writer' : 'writers'}`,
  )
  const recording = record(trace.value)
  if (!recording.ok) throw new Error(`${asked.file} cannot be played: ${recording.error}`)
  const total = recording.value.edits.length
  const progress = drawProgress(
    { isTTY: process.stdout.isTTY, write: (text) => void process.stdout.write(text) },
    { label: 'replaying', total, now: () => performance.now() },
  )
  const done = await replay(recording.value, {
    url: documentUrl(server, document),
    onProgress: progress.show,
    ...(asked.perSecond !== null && { perSecond: asked.perSecond }),
  })
  progress.end()
  const reader = await read(server, document, READ_MS)
  const { endText } = recording.value
  await until('a fresh reader holds the end text', () => reader.text.length >= endText.length)
  say(`updates per second  ${Math.round(done.updatesPerSecond)}`)
  say(
    `elapsed             ${(done.elapsedMs / 1000).toFixed(1)} s, until all ${total} were committed`,
  )
  say(`bytes of the state  ${encodeStateAsUpdate(reader.doc).length}`)
  const isExact = reader.text.toJSON() === endText
  reader.close()
  return { isExact, document, characters: endText.length }
}

/** Everything in a data directory. */
const bytesIn = async (directory: string): Promise<number> => {
  let bytes = 0
  for (const entry of await readdir(directory)) bytes += (await stat(join(directory, entry))).size
  return bytes
}

const messageOf = (event: unknown): string =>
  typeof event === 'object' && event !== null && 'message' in event && event.message !== ''
    ? String(event.message)
    : 'the connection failed'

const asked = readArguments(process.argv.slice(2))
if (!asked.ok) {
  if (asked.error !== null) fail(`${asked.error}\n\n${USAGE}`)
  process.stdout.write(USAGE)
  process.exit(0)
}
const url = asked.value.url?.replace(/\/+$/, '') ?? null
if (url === null && !existsSync(COMMAND)) fail('the server is not built: npm run build')
const own = url === null ? await startServer() : null
try {
  const outcome = await run(asked.value, own ?? { yjsUrl: url ?? '' })
  if (own !== null) {
    await own.end('SIGTERM')
    say(`bytes on disk       ${await bytesIn(own.dataDir)}, after a clean stop`)
  }
  if (!outcome.isExact)
    throw new Error(`a fresh reader of ${outcome.document} does not hold the end text`)
  say(`a fresh reader holds exactly the end text, ${outcome.characters} characters`)
} catch (error) {
  await own?.remove()
  fail(error instanceof Error ? error.message : String(error))
}
await own?.remove()
process.exit(0) // awareness clocks of the clients' documents would go on for seconds
