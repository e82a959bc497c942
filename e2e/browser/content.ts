import { expect, type Locator } from 'playwright/test'
import type { Person } from './person.ts'

/**
 * The document as markup, without what belongs to one viewer only: carets and selections of
 * others, the placeholder, marks of the own selection, and ProseMirror's cursor helpers.
 */
export const markupOf = (text: Locator): Promise<string> =>
  text.evaluate((editor) => {
    const copy = editor.cloneNode(true)
    if (!(copy instanceof HTMLElement)) throw new Error('the editor is not an HTML element')
    const helpers =
      '.collaboration-carets__caret, .ProseMirror-separator, .ProseMirror-trailingBreak, ' +
      '.ProseMirror-gapcursor, .ProseMirror-widget'
    for (const helper of copy.querySelectorAll(helpers)) helper.remove()
    for (const wrapper of copy.querySelectorAll('.collaboration-carets__selection, .slash-query'))
      wrapper.replaceWith(...wrapper.childNodes)
    const seenByOne = /^(is-empty|is-editor-empty|ProseMirror-selectednode|selectedCell)$/
    for (const element of copy.querySelectorAll('*')) {
      element.removeAttribute('data-placeholder')
      element.removeAttribute('draggable')
      for (const name of element.classList) if (seenByOne.test(name)) element.classList.remove(name)
      if (element.classList.length === 0) element.removeAttribute('class')
    }
    copy.normalize()
    return copy.innerHTML
  })

/** The text of the document, one line per block, without carets. */
export const wordsOf = async (text: Locator): Promise<string> => {
  const markup = await markupOf(text)
  return markup
    .replaceAll(/<\/(p|h\d|li|pre|td|th)>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('\u2060', '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .trim()
}

/** Waits until a person's document holds this text, whoever's caret stands in it. */
export const expectText = (person: Person, text: string): Promise<void> =>
  expect
    .poll(() => wordsOf(person.text), { message: 'the text of the document', timeout: 15_000 })
    .toContain(text)

/** Waits until everyone has the same document before them; returns it. */
export const expectSame = async (...people: readonly Person[]): Promise<string> => {
  let markup = ''
  await expect
    .poll(
      async () => {
        const copies = await Promise.all(people.map(({ text }) => markupOf(text)))
        markup = copies[0] ?? ''
        return [...new Set(copies)]
      },
      { message: 'everyone has the same document', timeout: 20_000 },
    )
    .toHaveLength(1)
  return markup
}

/** The given words in the order in which they stand in the text; missing ones are left out. */
export const present = (text: string, words: readonly string[]): readonly string[] => {
  const standing = new Set(text.split(/\s+/))
  return words.filter((word) => standing.has(word))
}
