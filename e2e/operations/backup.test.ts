/*
 * Backups with real processes: while people write, onto disks that are full or go away, and through kills. What a
 * backup holds is checked by `quire verify`, and by opening it in a server.
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from '@quire/provider'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Doc } from 'yjs'
import { diskDuringTest, serverDuringTest } from '../harness/during-test.ts'
import { runQuire, type Ran, type RunOptions } from '../harness/quire-command.ts'
import { until } from '../harness/until.ts'
import { newDirectory, newDocuments } from './stored.ts'

type Provider = ReturnType<typeof connect>

const TEST_MS = 60_000
const MIB = 1024 * 1024

/** Sends a signal as soon as it has said this. */
const signalAt = (moment: string, signal: NodeJS.Signals): RunOptions => {
  let isSent = false
  return {
    onStderr: (said, child) => {
      if (!isSent && said.includes(moment)) child.kill(signal)
      isSent ||= said.includes(moment)
    },
  }
}

const open = (server: { readonly url: string }, document: string): Provider => {
  const provider = connect({ url: server.url, document, doc: new Doc(), presence: false })
  onTestFinished(() => provider.close())
  return provider
}

const textOf = ({ doc }: Provider): string => doc.getText('text').toJSON()

const type = ({ doc }: Provider, word: string): void => {
  const text = doc.getText('text')
  text.insert(text.length, `${word} `)
}

const reportOf = (ran: Ran): Record<string, unknown> => {
  if (ran.exit !== 0) throw new Error(`${ran.exit}: ${ran.stderr}${ran.stdout}`)
  return JSON.parse(ran.stdout) as Record<string, unknown>
}

const verify = (dataDir: string): Promise<Ran> =>
  runQuire(['verify', '--data-dir', dataDir, '--json'])

const listed = async (target: string): Promise<readonly string[]> =>
  existsSync(join(target, 'backups')) ? await readdir(join(target, 'backups')) : []

describe('a backup', { timeout: TEST_MS }, () => {
  it('while people write holds all that was acknowledged before, and clients that know more lose nothing by a restore', async () => {
    const server = await serverDuringTest()
    const target = await newDirectory()
    const writers = ['one', 'two', 'three'].map((name) => open(server, name))
    for (let i = 0; i < 50; i++) for (const writer of writers) type(writer, `before${i}`)
    for (const writer of writers) expect(await writer.flush()).toEqual({ ok: true })
    const acknowledged = writers.map(textOf)

    const over = new AbortController()
    const writing = writers.map(async (writer, at) => {
      for (let i = 0; !over.signal.aborted; i++) {
        type(writer, `${at}during${i}`)
        if (i % 20 === 0) await writer.flush()
        await new Promise(setImmediate)
      }
    })
    const backup = reportOf(
      await runQuire(['backup', target, '--data-dir', server.dataDir, '--json']),
    )
    expect(backup).toMatchObject({ result: 'done', documents: 3 })
    over.abort()
    await Promise.all(writing)
    for (const writer of writers) expect(await writer.flush()).toEqual({ ok: true })
    const written = writers.map(textOf)
    expect(written[0]?.length).toBeGreaterThan(acknowledged[0]?.length ?? 0)

    const restored = await newDirectory()
    reportOf(await runQuire(['restore', target, '--data-dir', restored, '--json']))
    const verified = reportOf(await verify(restored))
    expect(verified).toMatchObject({ result: 'done', documents: 3, findings: [] })
    expect(verified['heads']).toBe(backup['heads'])
    const other = await serverDuringTest({ dataDir: restored })
    for (const [i, name] of ['one', 'two', 'three'].entries()) {
      const reader = open(other, name)
      await until('the reader is live', () => reader.state.kind === 'live')
      expect(textOf(reader).startsWith(acknowledged[i] ?? 'nothing')).toBe(true)
    }

    // and now where they are: the clients hold more than the backup
    expect(await server.end('SIGTERM')).toBe(0)
    const replaced = reportOf(
      await runQuire(['restore', target, '--data-dir', server.dataDir, '--replace', '--json']),
    )
    expect(replaced['replaced']).toMatch(/replaced-\w+\.db$/)
    await server.restart()
    for (const writer of writers) {
      type(writer, 'after')
      expect(await writer.flush()).toEqual({ ok: true })
    }
    for (const [i, name] of ['one', 'two', 'three'].entries()) {
      const reader = open(server, name)
      await until('the reader has it', () => textOf(reader) === `${written[i]}after `)
    }
    expect(await server.end('SIGTERM')).toBe(0)
    reportOf(await verify(server.dataDir))
  })

  it('copies only what has changed since the one before, and keeps as many as it is told', async () => {
    const dataDir = await newDocuments(40, MIB / 4)
    const target = await newDirectory()
    const backUp = async (): Promise<Record<string, unknown>> =>
      reportOf(await runQuire(['backup', target, '--data-dir', dataDir, '--keep', '2', '--json']))
    const first = await backUp()
    expect(first['newChunks']).toBe(first['chunks'])
    const server = await serverDuringTest({ dataDir })
    const writer = open(server, 'stored/7')
    type(writer, 'changed')
    expect(await writer.flush()).toEqual({ ok: true })
    const second = await backUp()
    expect(second['newChunks']).toBeGreaterThan(0)
    expect(second['newChunks']).toBeLessThan(Number(second['chunks']) / 10)
    const third = await backUp()
    expect(third['pruned']).toMatchObject({ backups: 1, unread: [] })
    expect(await listed(target)).toHaveLength(2)
    for (const { at } of [second, third] as { readonly at: string }[])
      reportOf(await runQuire(['verify', '--backup', target, '--at', at, '--json']))
    const gone = await runQuire([
      'restore',
      target,
      '--at',
      String(first['at']),
      '--data-dir',
      await newDirectory(),
    ])
    expect(gone).toMatchObject({ exit: 1, stderr: expect.stringContaining('has no backup of') })
  })

  it('onto a full disk fails with a sentence, lists nothing, and works when there is room', async () => {
    const dataDir = await newDocuments(1, 2 * MIB)
    const { path: target, launcher, fill, free } = await diskDuringTest({ megabytes: 8 })
    const backUp = (): Promise<Ran> =>
      runQuire(['backup', target, '--data-dir', dataDir, '--json'], { launcher })
    const files = async (): Promise<Ran> => runQuire(['verify', '--backup', target], { launcher })
    await fill()
    const failed = await backUp()
    expect(failed).toMatchObject({ exit: 1, stderr: expect.stringContaining(target) })
    expect(JSON.parse(failed.stdout)).toMatchObject({ result: 'failed' })
    expect(await files()).toMatchObject({ exit: 1, stderr: expect.stringContaining('no backup') })
    await free()
    reportOf(await backUp())
    expect(await files()).toMatchObject({ exit: 0 })
    await fill()
    const env = { TMPDIR: target } // where `verify` puts it together
    expect(await runQuire(['verify', '--backup', target], { launcher, env })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('set TMPDIR to where there is'),
    })
  })

  it('of which the folder goes away midway fails with a sentence', async () => {
    const dataDir = await newDocuments(12, MIB)
    const target = await newDirectory()
    const removed: Promise<void>[] = []
    const ran = await runQuire(['backup', target, '--data-dir', dataDir], {
      onStderr: (said) => {
        if (removed.length === 0 && said.includes('writing:'))
          removed.push(rm(target, { recursive: true, force: true }))
      },
    })
    await Promise.all(removed)
    expect(ran).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`quire: ${target}: cannot`),
    })
    expect(await listed(target)).toEqual([])
  })

  it('that is killed midway is not listed, and the next one sweeps what it left', async () => {
    const dataDir = await newDocuments(12, MIB)
    const target = await newDirectory()
    for (const moment of ['copying:', 'writing:']) {
      const killed = await runQuire(
        ['backup', target, '--data-dir', dataDir],
        signalAt(moment, 'SIGKILL'),
      )
      expect(killed.exit).toBeNull()
      expect(await listed(target)).toEqual([])
    }
    expect(existsSync(join(target, 'quire-copy.tmp'))).toBe(true)
    reportOf(await runQuire(['backup', target, '--data-dir', dataDir, '--keep', '1', '--json']))
    expect(existsSync(join(target, 'quire-copy.tmp'))).toBe(false)
    const files = await readdir(target, { recursive: true })
    expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([])
    reportOf(await runQuire(['verify', '--backup', target, '--json']))
  })

  it('stops on SIGTERM and leaves nothing half-done; two at a time are refused', async () => {
    const dataDir = await newDocuments(12, MIB)
    const target = await newDirectory()
    let first: ChildProcess | undefined
    const running = runQuire(['backup', target, '--data-dir', dataDir], {
      onStderr: (_said, child) => {
        if (first === undefined) child.kill('SIGSTOP')
        first = child
      },
    })
    await until('the first one is under way', () => first !== undefined)
    const second = await runQuire(['backup', target, '--data-dir', dataDir])
    first?.kill('SIGCONT')
    expect(second).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`is in use by process ${first?.pid} `),
    })
    expect(await running).toMatchObject({ exit: 0 })
    const stopped = await runQuire(
      ['backup', await newDirectory(), '--data-dir', dataDir],
      signalAt('copying:', 'SIGTERM'),
    )
    expect(stopped).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('interrupted by SIGTERM'),
    })
  })

  it('into the data directory, or of one that has nothing, is wrong usage', async () => {
    const dataDir = await newDocuments(1, 100)
    for (const target of [dataDir, join(dataDir, 'backups')])
      expect(await runQuire(['backup', target, '--data-dir', dataDir])).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('is inside the data directory'),
      })
    const [nothing, target] = [await newDirectory(), await newDirectory()]
    expect(await runQuire(['backup', target, '--data-dir', nothing])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('has no quire.db to back up'),
    })
  })
})

describe('a restore', { timeout: TEST_MS }, () => {
  it('onto a running server is refused, and changes nothing', async () => {
    const server = await serverDuringTest()
    const writer = open(server, 'notes')
    type(writer, 'hello')
    expect(await writer.flush()).toEqual({ ok: true })
    const target = await newDirectory()
    reportOf(await runQuire(['backup', target, '--data-dir', server.dataDir, '--json']))
    for (const flags of [[], ['--replace']])
      expect(
        await runQuire(['restore', target, '--data-dir', server.dataDir, ...flags]),
      ).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining(`is in use by process ${server.pid} `),
      })
    type(writer, 'world')
    expect(await writer.flush()).toEqual({ ok: true })
  })

  it('over documents asks for --replace; one that is killed midway leaves them as they were', async () => {
    const [dataDir, other] = [await newDocuments(12, MIB), await newDocuments(2, 1_000)]
    const target = await newDirectory()
    reportOf(await runQuire(['backup', target, '--data-dir', dataDir, '--json']))
    const before = reportOf(await verify(other))
    expect(await runQuire(['restore', target, '--data-dir', other])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('holds 2 documents; with --replace'),
    })
    const killed = await runQuire(
      ['restore', target, '--data-dir', other, '--replace'],
      signalAt('restoring:', 'SIGKILL'),
    )
    expect(killed.exit).toBeNull()
    expect(reportOf(await verify(other))['digest']).toBe(before['digest'])
    const done = reportOf(
      await runQuire(['restore', target, '--data-dir', other, '--replace', '--json']),
    )
    expect(reportOf(await verify(other))['digest']).toBe(reportOf(await verify(dataDir))['digest'])
    const aside = await newDirectory()
    await writeFile(join(aside, 'quire.db'), await readFile(String(done['replaced'])))
    expect(reportOf(await verify(aside))['digest']).toBe(before['digest'])
    expect(await readdir(other)).not.toContain('quire-restore.tmp')
  })

  it('of a damaged backup names the chunk, and changes nothing; verify names it as well', async () => {
    const dataDir = await newDocuments(4, MIB / 4)
    const target = await newDirectory()
    reportOf(await runQuire(['backup', target, '--data-dir', dataDir, '--json']))
    const files = await readdir(join(target, 'chunks'), { recursive: true })
    const chunk = join(target, 'chunks', files.find((file) => /\.(zst|br)$/.test(file)) ?? 'none')
    const bytes = await readFile(chunk)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await writeFile(chunk, bytes)
    const to = await newDirectory()
    expect(await runQuire(['restore', target, '--data-dir', to])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`chunk ${chunk} is damaged`),
    })
    expect(await readdir(to)).not.toContain('quire.db')
    const verified = await runQuire(['verify', '--backup', target])
    expect(verified).toMatchObject({
      exit: 3,
      stdout: expect.stringContaining(`chunk ${chunk} is damaged`),
    })
    await rm(chunk)
    reportOf(await runQuire(['backup', target, '--data-dir', dataDir, '--json'])) // and mends it
    reportOf(await runQuire(['verify', '--backup', target, '--json']))
  })
})
