import { expectText, wordsOf } from './content.ts'
import { ada, bob, expect, test } from './fixtures.ts'
import { holdAnswers, refuseAll } from './held-answer.ts'
import { lostConnection } from './trouble.ts'

test('nothing can be written before the first sync, and then it can', async ({
  server,
  join,
  doc,
}) => {
  const writer = await join(server, ada)
  await writer.open(doc)
  await writer.write('already here')

  const late = await join(server, bob)
  const held = await holdAnswers(late.page)
  await late.page.goto(`${server.url}/p/${doc}`)
  await expect(late.connection).toHaveAttribute('data-state', 'syncing')
  await expect.poll(held.waiting).toBeGreaterThan(0)
  await expect(late.page.locator('main')).toHaveAttribute('aria-busy', 'true')
  await expect(late.page.locator('[contenteditable=true]')).toHaveCount(0)
  await late.page.locator('main').click()
  await late.page.keyboard.type('too early')
  await expect(late.page.locator('body')).not.toContainText('too early')

  held.release()
  await late.canWrite()
  await late.write(', and more')
  await expectText(writer, 'already here, and more')
  expect(await wordsOf(late.text)).toBe('already here, and more')
})

test('no server: the page says that it is looking for it, and opens when it comes', async ({
  ownServer,
  join,
  doc,
}) => {
  const person = await join(ownServer, ada)
  person.trouble.expect(lostConnection)
  await person.page.goto(ownServer.url)
  await ownServer.end('SIGTERM')
  await person.page.getByTestId('open-name').fill(doc)
  await person.page.getByTestId('open-name').press('Enter')
  await expect(person.connection).toHaveText('Offline: not on this device')
  await expect(person.page.locator('main')).toHaveAttribute('aria-busy', 'true')
  await ownServer.restart()
  await person.canWrite()
  await expect(person.connection).toHaveText('Live')
  await person.write('there it is')
})

test('a name that the server refuses: the page says why and stops trying', async ({
  server,
  join,
}) => {
  const { page, connection, text } = await join(server, ada)
  const server404 = await refuseAll(page, { code: 4404, reason: 'document name is refused' })
  await page.goto(`${server.url}/p/refused`)
  await expect(connection).toHaveAttribute('data-state', 'refused')
  await expect(
    page.getByRole('heading', { name: 'The server does not accept this name for a document.' }),
  ).toBeVisible()
  await expect(page.getByText('document name is refused')).toBeVisible()
  await expect(page.getByText('4404')).toBeVisible()
  await expect(text).toHaveCount(0)
  expect(server404.refused()).toBe(1)
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(server404.refused).toBe(2)
  await expect(connection).toHaveAttribute('data-state', 'refused')
  await page.getByRole('link', { name: 'All documents', exact: true }).click()
  await expect(page.getByTestId('new-document')).toBeVisible()
  await expect(page.getByTestId('recent-documents').getByText('refused')).toHaveCount(0)
})

test('refused while writing: the text stays readable, and trying again goes on', async ({
  server,
  join,
  doc,
}) => {
  const { page, connection, text, ...person } = await join(server, ada)
  const held = await holdAnswers(page)
  held.release()
  await person.open(doc)
  await person.write('copy me')
  await held.close(4403, 'your access has ended')
  await expect(connection).toHaveAttribute('data-state', 'refused')
  const banner = page.getByRole('alert')
  await expect(banner).toContainText('You do not have access to this document.')
  await expect(banner).toContainText('your access has ended')
  await expect(text).toHaveAttribute('contenteditable', 'false')
  await expect(text).toContainText('copy me')

  await banner.getByRole('button', { name: 'Try again' }).click()
  await person.canWrite()
  await person.write(', and on')
  await expectText({ page, connection, text, ...person }, 'copy me, and on')
})
