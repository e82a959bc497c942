import { fillStore, storedName } from '/work/wt-a/e2e/browser/operations-store.ts'
import { startServer } from '/work/wt-a/e2e/harness/server-process.ts'
import { chromium } from 'playwright'
import { connect } from '@quire/provider'
import * as Y from 'yjs'
import { WebSocket } from 'ws'
globalThis.WebSocket ??= WebSocket as never
const t0 = Date.now()
const dataDir = process.argv[3] ?? (await fillStore(10_000))
console.log('filled', Date.now() - t0, dataDir)
const server = await startServer({ dataDir })
console.log(server.url)
const docs = []
for (let i = 0; i < 30; i++) {
  const doc = new Y.Doc()
  const c = connect({ url: server.url, document: storedName(i % 12), doc, presence: false })
  docs.push(doc)
}
const timer = setInterval(() => { for (const [i, d] of docs.entries()) if (Math.random() < 0.3) d.getText('body').insert(0, 'typed ' + i + ' ') }, 60)
// bad client
const bad = new WebSocket(server.url.replace('http', 'ws') + '/yjs/' + storedName(3)); bad.on('open', () => bad.send(Buffer.from([9, 9, 200, 255]))); bad.on('error', () => {})
const bad2 = new WebSocket(server.url.replace('http', 'ws') + '/yjs/' + storedName(4)); bad2.on('open', () => bad2.send(Buffer.from([0, 2, 5, 255, 255, 1]))); bad2.on('error', () => {})
const secs = Number(process.argv[2] ?? 25)
await new Promise((r) => setTimeout(r, secs * 1000))
try {
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
const shots = [['desktop-light', 1280, 900, 'light'], ['desktop-dark', 1280, 900, 'dark'], ['phone', 360, 780, 'light']] as const
for (const [name, width, height, colorScheme] of shots) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, isMobile: name === 'phone' })
  const page = await context.newPage()
  page.on('console', (m) => { if (m.type() !== 'log' && m.type() !== 'debug') console.log(name, m.type(), m.text()) })
  page.on('pageerror', (e) => console.log(name, 'error', e.message))
  await page.goto(server.url + '/admin')
  await page.waitForSelector('[data-testid=figures]')
  await page.waitForTimeout(5000)
  await page.screenshot({ path: `/tmp/shots/${name}-overview.png`, fullPage: true })
  await page.goto(server.url + '/admin/#/documents')
  await page.waitForSelector('[data-testid=documents] tbody tr')
  await page.screenshot({ path: `/tmp/shots/${name}-documents.png` })
  await page.goto(server.url + '/admin/#/documents/' + encodeURIComponent(storedName(1)))
  await page.waitForSelector('[data-testid=take-apart]')
  await page.click('[data-testid=take-apart]')
  await page.waitForSelector('[data-testid=structs]')
  await page.waitForTimeout(1000)
  await page.screenshot({ path: `/tmp/shots/${name}-document.png`, fullPage: true })
  await page.goto(server.url + '/admin/#/trouble')
  await page.waitForTimeout(1500)
  await page.screenshot({ path: `/tmp/shots/${name}-trouble.png`, fullPage: true })
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  console.log(name, 'overflow', overflow)
  await context.close()
}
await browser.close(); clearInterval(timer)
} catch (e) { console.log(e) }
console.log(server.log().slice(-1500))
await server.end('SIGTERM')
process.exit(0)
