import { describe, expect, it } from 'vitest'

import { createHighlighter } from './highlighter.ts'
import { languageOf, languages } from './languages.ts'

describe('the highlighter', () => {
  const highlight = createHighlighter()

  it('knows every language on offer', () => {
    for (const language of languages) {
      expect(() => highlight(language, 'x = 1')).not.toThrow()
    }
  })

  it('gives tokens at their offsets in the code', () => {
    const code = 'const answer = 42'
    const language = languageOf('ts')
    if (language === null) throw new Error('ts is an alias')
    const words = highlight(language, code).map(({ from, to, className }) => [
      code.slice(from, to),
      className,
    ])
    expect(words).toContainEqual(['const', 'hljs-keyword'])
    expect(words).toContainEqual(['42', 'hljs-number'])
  })
})

describe('the language of a code block', () => {
  it.each([
    ['js', 'javascript'],
    ['TypeScript', 'typescript'],
    ['c++', 'cpp'],
  ])('written %s is %s', (written, id) => {
    expect(languageOf(written)?.id).toBe(id)
  })

  it.each(['constructor', '__proto__', 'x fixed', '', null, 7, {}])(
    'is plain text when it is %j',
    (written) => {
      expect(languageOf(written)).toBeNull()
    },
  )
})
