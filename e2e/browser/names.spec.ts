import { wordsOf } from './content.ts'
import { ada, bob, expect, test } from './fixtures.ts'
import { documentPath } from './person.ts'

/** Each stands beside one that a wrong decoding or a wrong split would take for the same. */
const names = [
  'team/notes',
  'team/notes/',
  'team//notes',
  'team%2Fnotes',
  '50% done',
  '50%25 done',
  'Ünï 🦄/👩‍👩‍👧/🎉',
  'what?is=this#part',
  'what',
  '__proto__',
]

test('every name is a document of its own, by address, after a reload and for two', async ({
  server,
  join,
}) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  for (const [index, name] of names.entries())
    await test.step(name, async () => {
      await first.open(name)
      await first.write(`only ${index}`)
      await second.open(name)
      const text = () => wordsOf(second.text)
      await expect.poll(text).toBe(`only ${index}`)
      const address = `${server.url}${documentPath(name)}`
      expect(new URL(first.page.url()).href).toBe(new URL(address).href)
      if (index % 3 > 0) return
      await second.page.reload()
      await second.canWrite()
      await expect.poll(text).toBe(`only ${index}`)
      expect(second.page.url()).toBe(new URL(address).href)
    })
})

test('the list of recent documents leads back to odd names', async ({ server, join, doc }) => {
  const person = await join(server, ada, {})
  const odd = [`${doc}/50% 🦄`, `${doc}/a%2Fb`, '__proto__']
  for (const name of odd) await person.open(name)
  for (const name of odd) {
    await person.page.goto(server.url)
    const link = person.page
      .getByTestId('recent-documents')
      .locator(`a[href="${documentPath(name)}"]`)
    await link.click()
    await person.canWrite()
    expect(new URL(person.page.url()).pathname).toBe(documentPath(name))
  }
})

test('the link is copied as it can be opened', async ({ server, join, doc }) => {
  const [first, second] = [await join(server, ada), await join(server, bob)]
  await first.open(`${doc}/50% 🦄`)
  await first.write('by link')
  await first.page.getByRole('button', { name: 'Copy link' }).click()
  await expect(first.page.getByText('Link copied')).toBeVisible()
  const link = await first.page.evaluate(() => navigator.clipboard.readText())
  await second.page.goto(link)
  await second.canWrite()
  await expect(second.text).toContainText('by link')
})
