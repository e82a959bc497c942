import { expect, it } from 'vitest'
import { createOutput } from './output.ts'

it('what is said after work that failed midway has a line of its own on a terminal', () => {
  let text = ''
  const target = { isTTY: true, columns: 80, write: (more: string) => void (text += more) }
  const { signal } = new AbortController()
  const { output, endProgress } = createOutput(signal, { isJson: false, target })
  output.progress('copying', 'bytes').at(1, 2)
  output.progress('writing', 'bytes') // which has not begun
  endProgress()
  output.note('interrupted')
  expect(text).toMatch(/^\rcopying .*\rcopying .*\nquire: interrupted\n$/)
})
