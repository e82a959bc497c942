/* SECURITY.md is true: each of its lines names tests, and those are run. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { testTitles } from './testing/test-titles.ts'

const REPOSITORY = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, REPOSITORY), 'utf8')

/** Its sections, each with its heading; lines that were broken for reading are joined. */
const sections = read('server/SECURITY.md').split(/\n(?=###? )/)
const linesOf = (section: string): string[] =>
  section
    .replaceAll(/\n {2,}/g, ' ')
    .split('\n')
    .filter((line) => line.startsWith('- '))

/** What somebody cannot do has a test; what he can do may have one. */
const lines = sections.flatMap((section) => {
  const isCan = section.startsWith('### Can\n')
  return linesOf(section).map((line) => ({ line, needsTest: !isCan }))
})

const NAMED = /`([\w./-]+\.(?:test|spec)\.ts)`: “([^”]+)”/g
const named = lines.flatMap(({ line }) =>
  [...line.matchAll(NAMED)].map(([, path = '', title = '']) => ({ path, title })),
)

/** Most files are named by several lines. */
const known = new Map<string, readonly string[]>()
const titlesIn = (path: string): readonly string[] => {
  const titles = known.get(path) ?? testTitles(path, read(path))
  known.set(path, titles)
  return titles
}

describe('SECURITY.md', () => {
  it('names a test in each line that says what somebody cannot do', () => {
    expect(lines.length).toBeGreaterThan(30)
    const without = lines.filter(({ line, needsTest }) => needsTest && !line.includes('.ts`: “'))
    expect(without).toEqual([])
    const mentioned = lines.flatMap(({ line }) => line.match(/`[^`]+\.(?:test|spec)\.ts`/g) ?? [])
    expect(named).toHaveLength(mentioned.length) // each with its title
  })

  it.each(named)('$path has “$title”', ({ path, title }) => {
    expect(existsSync(fileURLToPath(new URL(path, REPOSITORY)))).toBe(true)
    const isRun = titlesIn(path).some((one) => one.startsWith(title)) // a seed may follow
    expect(isRun, `${path} runs no test “${title}”`).toBe(true)
  })
})
