/* The tables of limits are the server's own. `npm run unit -- e2e/docs/limits -u` writes them anew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { optionRows } from '@quire/server'
import { expect, it } from 'vitest'
import { ROOT } from '../scripts/run.ts'
import { amountIn, limitTables } from './limits.ts'

const FILE = join(ROOT, 'web/docs/limits.md')
const [BEGIN, END] = ['<!-- made from the options -->', '<!-- until here -->']

it('limits.md has all limits of the server', async () => {
  const [before, rest = ''] = readFileSync(FILE, 'utf8').split(BEGIN)
  const [, after] = rest.split(END)
  const page = `${before}${BEGIN}\n\n${limitTables(optionRows)}\n\n${END}${after}`
  await expect(page).toMatchFileSnapshot(FILE)
})

it('each limit is in one table', () => {
  const tables = limitTables(optionRows)
  const limits = optionRows.filter(({ env }) => env.startsWith('QUIRE_MAX_'))
  expect(limits.length).toBeGreaterThan(40)
  expect(limits.filter(({ env }) => tables.split(`\`${env}\` |`).length !== 2)).toEqual([])
})

it.each([
  ['bytes', 16 * 2 ** 20, '16 MiB'],
  ['bytes', 2 ** 20 + 1, '1,048,577 bytes'],
  ['bytes a second', 64 * 2 ** 20, '64 MiB a second'],
  ['milliseconds', 90_000, '90 s'],
  ['milliseconds', 0, '0 ms'],
  ['requests a minute', 20_000, '20,000 requests a minute'],
])('%s: %i is %s', (unit, value, said) => {
  expect(amountIn(unit, value)).toBe(said)
})
