import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { themes } from './cases/index.ts'
import { expectedCell, renderTable } from './table.ts'

test('[compat] the page in the docs has the cases and families of these tests, with what they expect', async () => {
  const page = await readFile(new URL('../../server/COMPATIBILITY.md', import.meta.url), 'utf8')
  expect(page).toBe(renderTable(themes, expectedCell))
})

test('[compat] nothing fails on Quire', () => {
  expect(renderTable(themes, expectedCell)).not.toMatch(/\| ✗/)
})
