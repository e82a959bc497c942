import type { DocName } from '@quire/shared'
import { describe, expect, it } from 'vitest'

import { copyName } from './copy-name.ts'
import { parseLinkableName } from './doc-name.ts'

const named = (text: string): DocName => {
  const parsed = parseLinkableName(text)
  if (!parsed.ok) throw new Error(`${text} is no name`)
  return parsed.value
}

describe('the name of a copy', () => {
  it('begins with the name of what it is a copy of, and stays beside it', () => {
    expect(copyName(named('team/notes'), () => 0)).toBe('team/notes-copy-aaaaaa')
  })

  it('is a random one where that would be too long', () => {
    expect(copyName(named('x'.repeat(1_020)), () => 0)).toBe('amber-anchor-aaaaaa')
  })
})
