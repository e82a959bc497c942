/* The hooks on a server: a page is rendered there without any connection. */
import { useDocument, useMyPresence, usePresence, useProviderState } from '@quire/provider/react'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'

const Notes = () => {
  const connected = useDocument({ url: 'http://127.0.0.1:1', document: 'notes' })
  useMyPresence(connected, { user: { name: 'Ada' } })
  const { kind, saved } = useProviderState(connected)
  const people = usePresence(connected)
  return createElement('p', null, `${kind} ${saved} ${people.size}`)
}

it('a page is rendered as one that is not connected yet', () => {
  expect(renderToString(createElement(Notes))).toBe('<p>connecting true 0</p>')
})
