/* The page on webhooks is true: its receivers run beside a server, and it names every event there is. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { optionRows } from '@quire/server'
import { createApiClient } from '@quire/server/client'
import { expect, onTestFinished, test } from 'vitest'
import { codeOf } from '../harness/code-blocks.ts'
import { serverDuringTest } from '../harness/during-test.ts'
import { freePort } from '../harness/free-port.ts'
import { until } from '../harness/until.ts'
import { SECRET } from './target.ts'

const PAGE = readFileSync(new URL('../../server/WEBHOOKS.md', import.meta.url), 'utf8')
const ENDING = fileURLToPath(new URL('../', import.meta.url))
const receivers = codeOf('server/WEBHOOKS.md', 'js')

/** Runs a receiver on a port of its own, with a secret; gives what it has printed. */
const run = (code: string, port: number, secret: string): (() => string) => {
  const file = join(ENDING, `.webhooks-${process.pid}-${port}.mjs`)
  writeFileSync(file, code.replace('5000', String(port)))
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, QUIRE_WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(file, { force: true })
  })
  let printed = ''
  child.stdout.on('data', (text: Buffer) => (printed += text.toString()))
  return () => printed
}

test('the receivers take what is genuine, and nothing else', async () => {
  expect(receivers).toHaveLength(2)
  const otherSecret = `whsec_${Buffer.alloc(32).toString('base64')}`
  const [first = '', second = ''] = receivers
  const ports = await Promise.all(Array.from({ length: 4 }, () => freePort()))
  const [a = 0, b = 0, c = 0, d = 0] = ports
  const genuine = [run(first, a, SECRET), run(second, b, SECRET)]
  const mistaken = [run(first, c, otherSecret), run(second, d, otherSecret)]
  const server = await serverDuringTest({
    env: {
      QUIRE_WEBHOOK_URLS: ports.map((port) => `http://127.0.0.1:${port}/hooks/quire`).join(','),
      QUIRE_WEBHOOK_SECRET: SECRET,
      QUIRE_WEBHOOK_ALLOW_PRIVATE: 'on',
      QUIRE_WEBHOOK_DEBOUNCE_MS: '100',
    },
  })
  const api = createApiClient({ url: server.url })
  await api.create('team/notes', { content: { format: 'text', value: 'one' } })
  await until('a receiver heard of it', () => genuine.every((told) => told() !== ''), 40_000)
  await until('the others refused it', async () =>
    (await api.webhooks()).some(({ failure }) => failure?.problem === 'status 401'),
  )
  for (const told of genuine) expect(told()).toBe('document.created team/notes 1\n')
  for (const told of mistaken) expect(told()).toBe('')
})

test('the page names every event, and the default ones of the options are as it says', () => {
  const row = optionRows.find(({ key }) => key === 'webhookEvents')
  const { kind } = row ?? {}
  const events = kind?.type === 'choices' ? kind.choices : []
  expect(events).toHaveLength(7)
  for (const event of events) expect(PAGE).toContain(`\`${event}\``)
  for (const { env } of optionRows.filter(({ env }) => PAGE.includes(env)))
    expect(optionRows.map((one) => one.env)).toContain(env)
  for (const [name] of PAGE.matchAll(/QUIRE_[A-Z_]+/g))
    expect(optionRows.map(({ env }) => env)).toContain(name)
})
