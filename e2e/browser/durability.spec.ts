import { expectSame, expectText, markupOf, present, wordsOf } from './content.ts'
import { ada, bob, cleo, expect, test } from './fixtures.ts'
import { expectPeople, type Person } from './person.ts'
import { lostConnection } from './trouble.ts'

/** Puts a mark on the page that a reload would wipe. */
const mark = ({ page }: Person): Promise<void> =>
  page.evaluate(() => document.documentElement.setAttribute('data-never-reloaded', ''))

const expectNeverReloaded = ({ page }: Person): Promise<void> =>
  expect(page.locator('html')).toHaveAttribute('data-never-reloaded')

/** Types numbered words one after the other until told to stop; each word ends with a space. */
const keepTyping = (person: Person, prefix: string): { stop: () => Promise<readonly string[]> } => {
  const typing = new AbortController()
  const words: string[] = []
  const done = (async () => {
    while (!typing.signal.aborted) {
      words.push(`${prefix}${words.length}.`)
      await person.page.keyboard.type(`${words.at(-1)} `)
    }
  })()
  return {
    stop: async () => {
      typing.abort()
      await done
      return words
    },
  }
}

test('a reload keeps the text', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  await first.write('# Kept\nby the server')
  await expectText(second, 'by the server')
  const before = await expectSame(first, second)
  await Promise.all([first.isSaved(), second.isSaved()])
  await Promise.all([first.page.reload(), second.page.reload()])
  await Promise.all([first.canWrite(), second.canWrite()])
  expect(await expectSame(first, second)).toBe(before)
})

test('after a restart of the server both go on without a reload', async ({
  ownServer,
  join,
  doc,
}) => {
  const [first, second] = [await join(ownServer, ada), await join(ownServer, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  for (const person of [first, second]) {
    person.trouble.expect(lostConnection)
    await mark(person)
  }
  await first.write('before the restart. ')
  await expectText(second, 'before the restart.')

  expect(await ownServer.end('SIGTERM')).toBe(0)
  for (const { connection } of [first, second])
    await expect(connection).toHaveAttribute('data-state', 'offline')
  await second.write('during the restart. ')
  await expectPeople(first, 1)
  await ownServer.restart()
  await Promise.all([first.canWrite(), second.canWrite()])
  await expectText(first, 'before the restart. during the restart.')
  await first.write('after the restart.')
  await expectText(second, 'during the restart. after the restart.')
  await expectSame(first, second)
  await expectPeople(first, 2)
  await expectPeople(second, 2)
  for (const person of [first, second]) await expectNeverReloaded(person)
})

test('kill -9 while both type: both converge and nothing that was seen is gone', async ({
  ownServer,
  join,
  doc,
}) => {
  const [first, second] = [await join(ownServer, ada), await join(ownServer, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  for (const person of [first, second]) {
    person.trouble.expect(lostConnection)
    await mark(person)
  }
  await first.write('Ada: \nBob: \n')
  await expectText(second, 'Bob')
  await first.text.press('Control+Home')
  await first.text.press('End')
  await second.text.press('Control+End')

  const [adaTypes, bobTypes] = [keepTyping(first, 'a'), keepTyping(second, 'b')]
  await expectText(second, 'a3.')
  await expectText(first, 'b3.')
  await ownServer.end('SIGKILL')
  const seen = await Promise.all([wordsOf(first.text), wordsOf(second.text)])
  for (const { connection } of [first, second])
    await expect(connection).toHaveAttribute('data-state', 'offline')
  await ownServer.restart()
  await Promise.all([first.canWrite(), second.canWrite()])
  const typed = [...(await adaTypes.stop()), ...(await bobTypes.stop())]
  const seenWords = [...new Set(seen.flatMap((text) => present(text, typed)))]
  expect(seenWords.length).toBeGreaterThanOrEqual(8)

  const markup = await expectSame(first, second)
  const late = await join(ownServer, cleo)
  await late.open(doc)
  expect(await expectSame(late, first, second)).toBe(markup)
  const text = await wordsOf(late.text)
  expect(present(text, seenWords)).toEqual(seenWords)
  expect(present(text, typed)).toEqual(typed)
  for (const person of [first, second]) await expectNeverReloaded(person)

  // With all tabs closed only the disk still has it.
  for (const person of [first, second, late]) await person.leave()
  await ownServer.end('SIGKILL')
  await ownServer.restart()
  const reader = await join(ownServer, cleo)
  await reader.open(doc)
  await expect.poll(() => markupOf(reader.text)).toBe(markup)
})

test('kill -9: what was seen of someone who left survives in the others', async ({
  ownServer,
  join,
  doc,
}) => {
  const [first, second] = [await join(ownServer, ada), await join(ownServer, bob)]
  await Promise.all([first.open(doc), second.open(doc)])
  for (const { trouble } of [first, second]) trouble.expect(lostConnection)
  await first.write('Start: ')
  const typing = keepTyping(first, 'a')
  await expectText(second, 'a2.')
  await ownServer.end('SIGKILL')
  const seen = await wordsOf(second.text)
  const typed = await typing.stop()
  await first.leave()
  await ownServer.restart()
  await second.canWrite()
  const late = await join(ownServer, cleo)
  await late.open(doc)
  await expectSame(late, second)
  const seenWords = present(seen, typed)
  expect(seenWords.length).toBeGreaterThanOrEqual(3)
  expect(present(await wordsOf(late.text), typed).slice(0, seenWords.length)).toEqual(seenWords)
})

test('one goes offline, both edit, both converge when it is back', async ({
  ownServer,
  join,
  doc,
}) => {
  const [away, here] = [await join(ownServer, ada), await join(ownServer, bob)]
  await Promise.all([away.open(doc), here.open(doc)])
  away.trouble.expect(lostConnection)
  await away.write('Together.')
  await expectText(here, 'Together.')
  await expectPeople(here, 2)
  await away.isSaved() // or what is not acknowledged yet would be kept in the tab, too

  await away.context.setOffline(true)
  await expect(away.connection).toHaveAttribute('data-state', 'offline')
  await expect(away.connection).toHaveText('Offline: everything is saved')
  await expectPeople(away, 1) // the others learn it when the server's ping is not answered
  await away.write(' 1')
  await expect(away.connection).toHaveText('Offline: 2 changes kept on this device')
  await away.write('23')
  await expect(away.connection).toHaveText('Offline: 4 changes kept on this device')
  await away.connection.click()
  await expect(
    away.page.getByText('4 changes are kept on this device until they can be sent'),
  ).toBeVisible()
  await away.page.keyboard.press('Escape')
  await here.text.press('Control+Home')
  await here.page.keyboard.type('Bob was here. ')
  await expect(here.connection).toHaveText('Live')
  expect(await wordsOf(here.text)).not.toContain('123')
  expect(await wordsOf(away.text)).not.toContain('Bob was here.')

  await away.context.setOffline(false)
  await expect(away.connection).toHaveText('Live')
  await expectText(here, 'Bob was here. Together. 123')
  await expectSame(away, here)
  await expectPeople(here, 2)
  await expectPeople(away, 2)
})

test('whoever comes back sees at once those who did nothing meanwhile', async ({
  ownServer,
  join,
  doc,
}) => {
  const [away, idle] = [await join(ownServer, ada), await join(ownServer, bob)]
  await Promise.all([away.open(doc), idle.open(doc)])
  away.trouble.expect(lostConnection)
  await idle.write('Idle from now on.')
  const caret = away.page.locator('.collaboration-carets__caret')
  await expect(caret).toHaveCount(1)
  await away.context.setOffline(true)
  await expectPeople(away, 1)
  await expect(caret).toHaveCount(0)
  await away.context.setOffline(false)
  await away.canWrite()
  await expectPeople(away, 2, 4_000) // clients renew an unchanged presence every 15 s only
  await expect(caret).toHaveCount(1)
})

test('closing the tab asks first only while changes are kept nowhere else', async ({
  ownServer,
  join,
  doc,
}) => {
  const { page, trouble, ...person } = await join(ownServer, ada)
  await person.open(doc)
  trouble.expect(lostConnection)
  trouble.expect(/^dialog beforeunload/)
  await person.context.setOffline(true)
  await expect(person.connection).toHaveText('Offline: everything is saved')
  await person.write('kept')
  await expect(person.connection).toHaveText('Offline: 4 changes kept on this device')
  await page.close({ runBeforeUnload: true })
  await expect.poll(() => page.isClosed()).toBe(true)
  expect(trouble.met).not.toContainEqual(expect.stringMatching(/^dialog beforeunload/))

  await person.context.setOffline(false)
  const other = await join(ownServer, ada)
  other.trouble.expect(lostConnection)
  other.trouble.expect(/^dialog beforeunload/)
  // a browser that lets pages keep nothing
  await other.page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'))
  await other.open(doc)
  await other.context.setOffline(true)
  await expect(other.connection).toHaveText('Offline: everything is saved')
  await other.write('lost')
  await expect(other.connection).toHaveText(
    'Offline: 4 changes, not kept on this device: this browser does not let it',
  )
  await other.page.close({ runBeforeUnload: true })
  await expect
    .poll(() => other.trouble.met)
    .toContainEqual(expect.stringMatching(/^dialog beforeunload/))
})
