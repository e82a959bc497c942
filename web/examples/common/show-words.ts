import type { Connected } from '@quire/provider'
import { words } from './words.ts'

/** Writes a document's state into the page, now and whenever it changes. Returns what ends that. */
export const showWords = (notes: Connected): (() => void) => {
  const show = (): void => {
    const status = document.querySelector('[role=status]')
    if (status !== null) status.textContent = words(notes.state)
  }
  show()
  return notes.subscribe(show)
}
