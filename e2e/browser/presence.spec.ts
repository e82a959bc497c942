import * as decoding from 'lib0/decoding'
import type { Page } from 'playwright/test'
import { expectSame, expectText } from './content.ts'
import { ada, bob, expect, test } from './fixtures.ts'
import { expectPeople } from './person.ts'
import { documentUrl, openRaw, type RawClient } from '../harness/raw-client.ts'
import { presenceFrame } from '../harness/frames.ts'
import { caretPositions } from './caret-positions.ts'

const crowdSize = 100

const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

test('a hundred people with carets: the page stays usable', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await first.write('A line that is long enough for a hundred carets. '.repeat(3))
  await first.text.press('Enter')
  await expectSame(first, second)

  const positions = await caretPositions(server, doc, crowdSize)
  const crowd = await Promise.all(positions.map(() => openRaw(documentUrl(server, doc))))
  for (const [index, client] of crowd.entries()) {
    const name =
      index % 7 === 0 ? `Person ${index} of the very long family name ${index}` : `P${index}`
    const cursor = { anchor: positions[index], head: positions[(index + (index % 3)) % crowdSize] }
    const json = JSON.stringify({ user: { name, color: ada.colour }, cursor })
    client.socket.send(presenceFrame(1_000 + index, 1, json))
  }
  await expectPeople(first, crowdSize + 2, 30_000)
  await expectPeople(second, crowdSize + 2, 30_000)
  await expect(first.page.locator('.collaboration-carets__caret')).not.toHaveCount(0)

  await first.write('Still typing.')
  await expectText(second, 'Still typing.')
  expect(await sidewaysScroll(first.page)).toBe(0)
  await first.page.getByTestId('people').getByRole('button').click()
  const list = first.page.getByRole('list', { name: 'People here' })
  await expect(list.getByRole('listitem')).toHaveCount(crowdSize + 2)
  await expect(list).toBeInViewport()
  const last = list.getByRole('listitem').last()
  await expect(last).not.toBeInViewport()
  await list.focus()
  await first.page.keyboard.press('End')
  await expect(last).toBeInViewport()
  expect(await sidewaysScroll(first.page)).toBe(0)
  await first.page.keyboard.press('Escape')

  await Promise.all(crowd.map((client) => client.close()))
  await expectPeople(first, 2, 30_000)
  await expectPeople(second, 2, 30_000)
  await expect(second.page.locator('.collaboration-carets__label')).toHaveCount(0)
})

test('in a narrow window nothing makes the page scroll sideways', async ({ server, join, doc }) => {
  const [first, second] = [
    await join(server, ada, { viewport: { width: 360, height: 640 } }),
    await join(server, { name: 'Bartholomew of the very long family name', colour: '#0f766e' }, {}),
  ]
  await Promise.all([first.open(doc), second.open(doc)])
  await second.write('n'.repeat(27)) // the caret comes to stand near the right edge
  const caret = first.page.locator('.collaboration-carets__caret')
  await expect.poll(async () => (await caret.boundingBox())?.x).toBeGreaterThan(250)
  await expect(first.connection).toBeInViewport()
  await expect(first.page.getByTestId('people')).toBeInViewport()
  await expect(first.page.getByTestId('theme-toggle')).toBeInViewport()
  expect(await sidewaysScroll(first.page)).toBe(0)
})

const position = (fields: object): object => ({ type: null, tname: null, item: null, ...fields })
const cursors: readonly unknown[] = [
  7,
  'here',
  [],
  { anchor: 1, head: {} },
  { anchor: position({ tname: 'default' }), head: position({ tname: 'toString' }) },
  { anchor: position({ tname: 'evil' }), head: position({ tname: 'evil' }) },
  ...[0, 2 ** 53 - 1, -1, 1.5, 'x', null].flatMap((number) => {
    const id = { client: number, clock: number }
    return [
      { anchor: position({ item: id }), head: position({ item: id }) },
      { anchor: position({ type: id, assoc: -1 }), head: position({ type: id }) },
    ]
  }),
]
const user = { name: 'Eve', color: '#123456' }
const rubbish: readonly string[] = [
  '[]',
  '[{"user":{"name":"in a list"}}]',
  '42',
  '"text"',
  'true',
  '{}',
  '1e400',
  '{"user":null}',
  '{"user":[]}',
  '{"user":{"name":{"toString":1},"color":{}}}',
  '{"constructor":{"prototype":1},"toString":null,"hasOwnProperty":0}',
  `${'['.repeat(200)}${']'.repeat(200)}`,
  JSON.stringify({ user: { name: 'N'.repeat(10_000), color: 'url(javascript:alert(1))' } }),
  JSON.stringify({ user: { name: '<img src=x onerror=alert(1)>', color: 'red;position:fixed' } }),
  JSON.stringify({ user: { name: '\u202eevE\u2066\n\r\t\u0007', color: '#12345678' } }),
  ...cursors.map((cursor) => JSON.stringify({ user, cursor })),
]

test('rubbish as presence breaks nothing', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await first.write('before')
  await expectText(second, 'before')
  const clients: RawClient[] = []
  for (const [index, json] of rubbish.entries()) {
    const client = await openRaw(documentUrl(server, doc))
    clients.push(client)
    client.socket.send(presenceFrame(5_000 + index, 1, json))
  }
  const last = await openRaw(documentUrl(server, doc))
  const end = JSON.stringify({ user: { name: 'The last', color: '#000000' } })
  last.socket.send(presenceFrame(9_000, 1, end))
  clients.push(last)

  const { page } = first
  await page.getByTestId('people').getByRole('button').click()
  const list = page.getByRole('list', { name: 'People here' })
  await expect(list).toContainText('The last')
  const people = await list.getByRole('listitem').allInnerTexts()
  expect(Math.max(...people.map((name) => name.length))).toBeLessThan(100)
  expect(people.join()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
  await page.keyboard.press('Escape')
  await expect(
    page.locator('[style*="url("], [style*="fixed"]:not([data-base-ui-portal] *)'),
  ).toHaveCount(0)
  await expect(page.locator('img')).toHaveCount(0)
  expect(await sidewaysScroll(page)).toBe(0)

  await first.write(' and after')
  await expectText(second, 'before and after')
  await second.write(', from both')
  await expectText(first, 'before and after, from both')
  await Promise.all(clients.map((client) => client.close()))
  await expectPeople(first, 2)
  await expectSame(first, second)
})

test('presence with __proto__ is refused by the server and reaches nobody', async ({
  server,
  join,
  doc,
}) => {
  const person = await join(server, ada)
  await person.open(doc)
  const client = await openRaw(documentUrl(server, doc))
  const json = '{"user":{"name":"Eve"},"__proto__":{"polluted":true}}'
  client.socket.send(presenceFrame(6_000, 1, json))
  const { code, reason } = await client.whenClosed()
  expect(code).toBe(4400)
  expect(reason).toContain('__proto__')
  await person.write('undisturbed')
  await expectPeople(person, 1)
  const isPolluted = await person.page.evaluate(() => 'polluted' in Object.prototype)
  expect(isPolluted).toBe(false)
})

test('nobody can speak for someone else', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  const told = second.page.waitForEvent('websocket')
  await Promise.all([first.open(doc), second.open(doc)])
  const frame = (await told).waitForEvent('framesent', ({ payload }) => payload[1] === OWN_PRESENCE)
  await second.write('I am Bob')
  const { payload } = await frame
  const client = clientIn(payload)

  const thief = await openRaw(documentUrl(server, doc))
  const json = JSON.stringify({ user: { name: 'Not Bob', color: '#000000' } })
  thief.socket.send(presenceFrame(7_000, 1, JSON.stringify({ user: { name: 'Thief' } })))
  await expectPeople(first, 3)
  thief.socket.send(presenceFrame(client, 1_000, json))
  thief.socket.send(presenceFrame(client, 1_001, 'null'))
  await second.write(', still')
  await expectText(first, 'I am Bob, still')
  await expectPeople(first, 3)
  await expect(first.page.locator('.collaboration-carets__label')).toHaveText('Bob Noyce')
  await thief.close()
  await expectPeople(first, 2)
})

/** The message of `quire.v1` in which a client says who it is, behind its channel's number (P23). */
const OWN_PRESENCE = 6

/** The client id of the first entry in such a message. */
const clientIn = (payload: string | Buffer): number => {
  const bytes = Buffer.from(payload)
  const decoder = decoding.createDecoder(bytes)
  decoding.readVarUint(decoder) // channel
  decoding.readVarUint(decoder) // message type
  decoding.readVarUint(decoder) // length of the presence
  decoding.readVarUint(decoder) // number of entries
  return decoding.readVarUint(decoder)
}
