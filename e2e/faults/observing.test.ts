/* What an operator sees of a server process: while people write, while its disk is full, and who is not let in. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { haveConverged } from '../harness/contents.ts'
import {
  clientDuringTest,
  diskDuringTest,
  serverDuringTest,
  serverOnDisk,
} from '../harness/during-test.ts'
import { scrape, type Scraped } from '../harness/scrape.ts'
import { openClient } from '../harness/stock-client.ts'
import { until } from '../harness/until.ts'
import { PROMTOOL_COMMAND, providePromtool } from '../scripts/promtool.ts'

const SECRET = 'a secret of more than thirty-two bytes'
const PARAGRAPH = 'the disk is full and we go on writing. '.repeat(200)
const promtool = await providePromtool()
if (promtool === null)
  process.stderr.write(`Prometheus' own checker is not here: ${PROMTOOL_COMMAND}\n`)

const tokenOf = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))

/** Runs it; rejects with what it found. */
const check = async (args: readonly string[], input = ''): Promise<string> => {
  const running = promisify(execFile)(promtool ?? '', args)
  running.child.stdin?.end(input)
  const { stdout, stderr } = await running
  return `${stdout}${stderr}`
}

describe('the figures of a server process', { timeout: 60_000 }, () => {
  it('agree with what people wrote', async () => {
    const on = await serverDuringTest()
    const [anna, ben] = [await clientDuringTest(on, 'seen'), await clientDuringTest(on, 'seen')]
    let [updates, bytes] = [0, 0]
    for (const { doc, provider } of [anna, ben])
      doc.on('update', (update: Uint8Array, origin: unknown) => {
        if (origin === provider) return
        updates++
        bytes += update.length
      })
    for (let i = 0; i < 50; i++) {
      anna.text.insert(0, `anna ${i} `)
      ben.text.insert(ben.text.length, `ben ${i} `)
    }
    await until('they see the same', () => haveConverged(anna, ben))
    let figures: Scraped = await scrape(on)
    await until('all is on disk', async () => {
      figures = await scrape(on)
      return figures.value('quire_committed_updates_total') === updates
    })
    const family = 'y-websocket'
    expect(figures.value('quire_updates_total', { family })).toBe(updates)
    expect(figures.value('quire_update_bytes_total', { family })).toBe(bytes)
    expect(figures.value('quire_delivered_bytes_total')).toBe(bytes) // each to the other
    expect(figures.value('quire_sessions', { family, transport: 'websocket' })).toBe(2)
    expect(figures.value('quire_database_bytes', { file: 'database' })).toBeGreaterThan(0)
    expect(figures.value('quire_unsaved_bytes')).toBe(0)
  })

  it('show a full disk, how much waits for it and since when, and that it is over', async () => {
    const disk = await diskDuringTest({ megabytes: 8 })
    const on = await serverOnDisk(disk)
    const anna = await clientDuringTest(on, 'full')
    await disk.fill()
    const filledAt = Date.now()
    let figures: Scraped = await scrape(on)
    await until('writes fail', async () => {
      anna.text.insert(0, PARAGRAPH)
      figures = await scrape(on)
      return figures.value('quire_failing_documents') === 1
    })
    await until('some of it has waited for a while', async () => {
      figures = await scrape(on)
      return figures.value('quire_oldest_unsaved_seconds') > 1
    })
    expect(figures.value('quire_storage_errors_total', { operation: 'append' })).toBeGreaterThan(1)
    expect(figures.value('quire_unsaved_bytes')).toBeGreaterThanOrEqual(PARAGRAPH.length)
    const ready = await fetch(`${on.url}/health/ready`)
    const { parts } = (await ready.json()) as { parts: { part: string; since: string }[] } // health.ts
    expect(parts[0]).toMatchObject({ part: 'storage', status: 'ill' })
    expect(Date.parse(parts[0]?.since ?? '')).toBeGreaterThanOrEqual(filledAt)
    await disk.free()
    await until('it is saved', async () => {
      figures = await scrape(on)
      return figures.value('quire_unsaved_bytes') === 0
    })
    expect(figures.value('quire_failing_documents')).toBe(0)
  })

  it('count who is not let in, and are for nobody without the right token', async () => {
    const on = await serverDuringTest({ env: { QUIRE_AUTH: 'jwt', QUIRE_JWT_SECRET: SECRET } })
    const stranger = openClient(on, 'private')
    expect((await fetch(`${on.url}/metrics`)).status).toBe(401)
    const ofDocuments = await tokenOf({ docs: [{ name: '*', access: 'write' }] })
    await expect(scrape(on, ofDocuments)).rejects.toThrow('403')
    const token = await tokenOf({ operations: 'read' })
    await until('both are counted', async () => {
      const figures = await scrape(on, token)
      return (
        figures.value('quire_denials_total', { family: 'y-websocket', denial: 'unauthorized' }) >
          0 && figures.value('quire_denials_total', { family: 'api', denial: 'forbidden' }) === 1
      )
    })
    stranger.close()
  })

  it.skipIf(promtool === null)('are what Prometheus itself takes', async () => {
    const on = await serverDuringTest()
    await clientDuringTest(on, 'seen')
    const { text } = await scrape(on)
    const own = text.split('\n').filter((line) => /^(# (HELP|TYPE) )?quire_/.test(line))
    expect(own.length).toBeGreaterThan(100)
    expect(await check(['check', 'metrics'], `${own.join('\n')}\n`)).toBe('')
  })

  it.skipIf(promtool === null)('have rules that Prometheus itself takes', async () => {
    const rules = fileURLToPath(
      new URL('../../server/deploy/prometheus/alerts.yml', import.meta.url),
    )
    expect(await check(['check', 'rules', rules])).toMatch(/SUCCESS: \d+ rules found/)
  })
})
