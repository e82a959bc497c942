import { describe, expect, it } from 'vitest'

import { blocks, matchBlocks } from './blocks.ts'

const titles = (query: string) => matchBlocks(query).map((block) => block.title)

describe('the slash menu', () => {
  it('offers everything before anything is typed', () => {
    expect(matchBlocks('')).toBe(blocks)
  })

  it('finds blocks by the start of a word of their title first', () => {
    expect(titles('li')).toEqual(['Bullet list', 'Numbered list', 'Task list', 'Divider'])
  })

  it('finds blocks by other words for them', () => {
    expect(titles('todo')).toEqual(['Task list'])
    expect(titles('H2')).toEqual(['Heading 2'])
  })

  it('finds nothing for nonsense', () => {
    expect(titles('constructor(')).toEqual([])
  })
})
