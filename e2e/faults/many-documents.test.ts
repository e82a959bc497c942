/*
 * Documents that are opened, edited and closed leave nothing behind in memory. E2E_DOCUMENTS makes it
 * longer: 100000 takes some minutes.
 */
import { readFile } from 'node:fs/promises'
import { afterEach, expect, it } from 'vitest'
import WebSocket from 'ws'
import * as Y from 'yjs'
import { stepOneFrame, types, updateFrame } from '../harness/frames.ts'
import { documentUrl } from '../harness/raw-client.ts'
import { startServer, type ServerProcess } from '../harness/server-process.ts'
import { until } from '../harness/until.ts'

const documents = Number(process.env['E2E_DOCUMENTS'] ?? 3_000)
const AT_A_TIME = 20
/**
 * The heap grows until it has its size: 76 MiB between 1,000 and 3,000 documents, and from a third of
 * 100,000 to their end it fell by 10. In a long run a room that stayed would show.
 */
const SWING_MIB = 150

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const residentMib = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024
}

/** An update of some 1 KB. */
const text = (): Uint8Array => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'some words. '.repeat(80))
  return Y.encodeStateAsUpdate(doc)
}

/** Opens a document, writes in it, waits until that is on disk, and leaves. */
const visit = (on: ServerProcess, name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const update = text()
    const socket = new WebSocket(documentUrl(on, name), { perMessageDeflate: false })
    socket.once('error', reject)
    socket.once('open', () => {
      socket.send(stepOneFrame(Uint8Array.of(0)))
      socket.send(updateFrame(update))
    })
    socket.on('message', (frame: Buffer) => {
      // the echo is the acknowledgement
      if (frame[0] === types.sync && frame.length > update.length) socket.close()
    })
    socket.once('close', (code) =>
      code === 1005 ? resolve() : reject(new Error(`${name}: closed with ${code}`)),
    )
  })

const visitAll = async (on: ServerProcess, from: number, to: number): Promise<void> => {
  let next = from
  const one = async (): Promise<void> => {
    while (next < to) await visit(on, `document ${next++}`)
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, one))
}

it('memory is flat however many documents were opened, edited and closed', async () => {
  const on = await startServer()
  cleanups.push(on.remove)
  const third = Math.ceil(documents / 3)
  await visitAll(on, 0, third)
  const before = await residentMib(on.pid)
  await visitAll(on, third, documents)
  const after = await residentMib(on.pid)
  await until('all rooms are gone', async () => {
    const { rooms, sessions } = (await (await fetch(`${on.url}/health/ready`)).json()) as {
      rooms: number
      sessions: number
    } // health.ts
    return rooms === 0 && sessions === 0
  })
  console.log(`${documents} documents: ${before} MiB after a third, ${after} MiB at the end`)
  expect(after - before).toBeLessThan(SWING_MIB)
}, 3_600_000)
