/* What happens on a day, in this order. Each part returns what it measured. */
import { join } from 'node:path'
import { type ApiClient, createApiClient } from '@quire/server/client'
import { expect } from 'vitest'
import { versionsOf } from '../../server/src/storage/sqlite/testing/database-facts.ts'
import { serverDuringTest } from '../harness/during-test.ts'
import type { Scraped } from '../harness/scrape.ts'
import { startLine } from '../harness/unit-file.ts'
import { until } from '../harness/until.ts'
import { environment, openWatchful, WITHIN_MS, type Day } from './day.ts'
import {
  type BackupReport,
  directoryDuringTest,
  reportOf,
  type Reported,
  type VerifyReport,
} from './setting.ts'

/** Longest pause of people between two letters: two and a half a second, in the middle. */
const PAUSE_MS = 800

/** Where people of Quire's own client write. */
const WATCHFUL_TEXT = 'watchful'

/** Letters of everybody before something happens, and after. */
const LETTERS = 6

/** Between two questions to the API, whose requests of one login have a rate. */
const ASKS_EVERY_MS = 100

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000

/** A moment's figures. */
export const figuresNow = ({ watch }: Day): Promise<Scraped> =>
  watch.until('a scrape', () => true, WITHIN_MS)

const writeWatchful = ({ watchful }: Day, what: string): void => {
  for (const { doc } of watchful) doc.getText(WATCHFUL_TEXT).insert(0, `${what} `)
}

const backUp = ({ backups, disk }: Day): Promise<Reported<BackupReport>> =>
  reportOf(['backup', backups, '--data-dir', disk.path], { launcher: disk.launcher })

/** All that is typed is acknowledged, of the watchful too. */
const settle = async ({ crowd, watchful }: Day): Promise<void> => {
  await crowd.rest()
  await crowd.settle()
  for (const { flush } of watchful) expect(await flush()).toEqual({ ok: true })
}

/** Everybody writes, and a backup is taken meanwhile. They go on writing. */
export const backUpUnderLoad = async (day: Day) => {
  const { crowd, people } = day
  writeWatchful(day, 'morning')
  await crowd.type(PAUSE_MS)
  await day.typedBy(people * LETTERS)
  const heads = await day.heads()
  const before = { figures: await figuresNow(day), crowd: await crowd.figures() }
  const backup = await backUp(day)
  const after = { figures: await figuresNow(day), crowd: await crowd.figures() }
  expect(after.crowd.acknowledged).toBeGreaterThan(before.crowd.acknowledged)
  const commits = 'quire_committed_updates_total'
  expect(after.figures.value(commits)).toBeGreaterThan(before.figures.value(commits))
  return { backup, heads, figures: after.figures }
}

/** The disk is full while they write, and is emptied again. Nobody is sent away; at the end all is saved. */
export const fillDisk = async (day: Day, morning: Scraped) => {
  const { crowd, disk, people, server, watch, watchful } = day
  const appends = { operation: 'append' }
  await disk.fill()
  const full = await watch.until(
    'writes fail',
    (figures) =>
      figures.value('quire_failing_documents') > 0 && figures.value('quire_unsaved_bytes') > 0,
    WITHIN_MS,
  )
  await until(
    'people are shown that their work is not saved',
    () => {
      // a write may still find room in the write-ahead log
      for (const { doc, state } of watchful)
        if (state.saved) doc.getText(WATCHFUL_TEXT).insert(0, 'noon ')
      return watchful.every(({ state }) => state.unsaved.changes > 0 && !state.serverSaves)
    },
    WITHIN_MS,
  )
  await until(
    'it is not ready',
    async () => (await fetch(`${server.url}/health/ready`)).status === 503,
    WITHIN_MS,
  )
  await until(
    'work of everybody is unsaved',
    async () => {
      const { typed, acknowledged } = await crowd.figures()
      return typed - acknowledged >= people
    },
    WITHIN_MS,
  )
  expect((await crowd.figures()).connected).toBe(people)
  const emptiedAt = performance.now()
  await disk.free()
  await settle(day)
  const seconds = secondsSince(emptiedAt)
  const well = await watch.until(
    'all is saved',
    (figures) =>
      figures.value('quire_unsaved_bytes') === 0 && figures.value('quire_failing_documents') === 0,
    WITHIN_MS,
  )
  expect(well.value('quire_storage_errors_total', appends)).toBeGreaterThan(
    morning.value('quire_storage_errors_total', appends),
  )
  expect(well.value('quire_committed_updates_total')).toBeGreaterThan(
    full.value('quire_committed_updates_total'),
  )
  return { seconds }
}

/** It is killed while they write. They go on, and come back to one that has all that it has acknowledged. */
export const kill = async (day: Day) => {
  const { crowd, people, server } = day
  const { typed } = await crowd.figures()
  await crowd.type(PAUSE_MS)
  await day.typedBy(typed + people * LETTERS)
  await server.end('SIGKILL')
  const killed = await crowd.figures()
  writeWatchful(day, 'afternoon')
  await day.typedBy(killed.typed + people)
  await crowd.rest()
  const startedAt = performance.now()
  await server.restart()
  const startSeconds = secondsSince(startedAt)
  expect(await crowd.audit(server, 'acknowledged')).toEqual([])
  expect(await crowd.audit(server, 'everything')).not.toEqual([]) // what was typed without it
  const comesBackAt = performance.now()
  await crowd.type(PAUSE_MS)
  await crowd.connect(server)
  await settle(day)
  return { startSeconds, comeBackSeconds: secondsSince(comesBackAt) }
}

/** Nothing waits to be told, and nothing was given up. */
const allTold = (api: ApiClient): Promise<void> =>
  until(
    'nothing waits to be told',
    async () => {
      await new Promise((resolve) => setTimeout(resolve, ASKS_EVERY_MS))
      return (await api.webhooks()).every(({ waiting, dead }) => waiting + dead === 0)
    },
    WITHIN_MS,
  )

/** All is told to who listens, and the server ends. Nobody's connection has ended but by the kill and now. */
export const end = async (day: Day) => {
  const { api, crowd, documents, people, receiver, server, watch, watchful } = day
  const heads = await day.heads()
  await until(
    'the newest of each document is told',
    () => {
      const told = receiver.changed()
      return documents.every((name) => told.get(name) === heads.get(name))
    },
    WITHIN_MS,
  )
  await allTold(api)
  const figures = await figuresNow(day)
  expect(await day.heads()).toEqual(heads)
  for (const { close } of watchful) close()
  const endedAt = performance.now()
  expect(await server.end('SIGTERM')).toBe(0)
  const drainSeconds = secondsSince(endedAt)
  await watch.stop()
  await until('everybody knows', async () => (await crowd.figures()).connected === 0, WITHIN_MS)
  const worked = await crowd.figures()
  expect(worked.acknowledged).toBe(worked.typed)
  expect(worked.closes).toEqual({ 1006: people, 1012: people })
  return { heads, figures, worked, drainSeconds }
}

/** The last backup is what there is; elsewhere it is the same, to `quire verify` and to who reads it. */
export const restoreElsewhere = async (day: Day, evening: ReadonlyMap<string, number>) => {
  const { backups, crowd, disk, operator, receiver } = day
  const backup = await backUp(day)
  const source = await reportOf<VerifyReport>(['verify', '--data-dir', disk.path, '--documents'], {
    launcher: disk.launcher,
  })
  const elsewhere = await directoryDuringTest()
  const { seconds } = await reportOf(['restore', backups, '--data-dir', elsewhere])
  const { digest } = source.report
  const options = ['--data-dir', elsewhere, '--documents', '--expect', digest]
  const verified = await reportOf<VerifyReport>(['verify', ...options])
  expect(verified.report).toEqual(source.report)
  expect(new Map(verified.report.list.map(({ name, head }) => [name, head]))).toEqual(evening)
  const versions = versionsOf(join(elsewhere, 'quire.db'))
  const other = await serverDuringTest({
    dataDir: elsewhere,
    command: startLine(),
    env: environment(receiver),
  })
  expect(await crowd.audit(other, 'everything')).toEqual([])
  for (const [i, { doc }] of day.watchful.entries()) {
    const reader = await openWatchful(other, day.documents[i] ?? '', `reader ${i}`)
    expect(reader.doc.getText(WATCHFUL_TEXT).toJSON()).toBe(doc.getText(WATCHFUL_TEXT).toJSON())
    reader.close()
  }
  await allTold(createApiClient({ url: other.url, token: operator })) // of a version that was late
  expect(await other.end('SIGTERM')).toBe(0)
  return { backup, restoreSeconds: seconds, verifySeconds: verified.seconds, versions }
}

/** The backup that was taken while they wrote is whole, and has all that was there when it began. */
export const lookAtBackup = async (
  { backups }: Day,
  { at }: BackupReport,
  heads: ReadonlyMap<string, number>,
): Promise<void> => {
  const options = ['--backup', backups, '--at', at, '--documents']
  const { report } = await reportOf<VerifyReport>(['verify', ...options])
  const has = new Map(report.list.map(({ name, head }) => [name, head]))
  expect([...heads].filter(([name, head]) => (has.get(name) ?? 0) < head)).toEqual([])
  expect(has.size).toBe(heads.size)
}
