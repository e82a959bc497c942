import { expect, it } from 'vitest'
import { testTitles } from './test-titles.ts'

it.each([
  ['a test', "it('a', () => {})", ['a']],
  ['one of rows', "it.each([[1]] as const)('a %s', () => {})", ['a %s']],
  ['one of typed rows', "it.each<[number]>([[1]])('a %s', () => {})", ['a %s']],
  ['one that is made up', 'test(`a ${b} c`, () => {})', ['a ${b} c']],
  ['one in a group', "describe('g', () => { it('a', () => {}) })", ['a']],
  ['one in a group of Playwright', "test.describe('g', () => { test('a', () => {}) })", ['a']],
  ['none: a skipped one', "it.skip('a', () => {})", []],
  ['none: skipped rows', "it.skip.each([[1]])('a', () => {})", []],
  ['none: one to be done', "it.todo('a')", []],
  ['none: one that is to fail', "it.fails('a', () => {})", []],
  ['none: one that runs sometimes', "it.skipIf(true)('a', () => {})", []],
  ['none: one in a skipped group', "describe.skip('g', () => { it('a', () => {}) })", []],
  ['none: a comment', "// it('a', () => {})\n/* it('a', () => {}) */", []],
  ['none: a text', "expect('a').toBe('a')", []],
])('finds %s', (_, text, titles) => expect(testTitles('a.test.ts', text)).toEqual(titles))
