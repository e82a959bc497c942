import type { Person } from './person.ts'

/** Writes a document in which every kind of block stands, by keys as a person would. */
export const writeShowcase = async (
  { page, text }: Pick<Person, 'page' | 'text'>,
  imageUrl: string,
): Promise<void> => {
  const type = (keys: string): Promise<void> => page.keyboard.type(keys)
  await text.focus()
  await type('# Lisbon offsite\n')
  await type('Three days in **October** to agree on *next year*. ')
  await type('Read https://example.org/brief before you come.\n')
  await type('## Before we leave\n')
  await type('[x] Book the house\nCollect everyone’s questions\nPrint the `map`\n\n')
  await type('> Plans are nothing; planning is everything.\n\n')
  await type('- by train\non foot\n\n')
  await type('### Budget\n')
  await type('/table\n')
  for (const cell of ['What', 'Who', 'Cost', 'House', 'Ada', '€ 1,240', 'Trains', 'Bob', '€ 610']) {
    await type(cell)
    if (cell !== '€ 610') await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Control+End')
  await type('```ts\nconst perPerson = (1240 + 610) / people.length\n')
  await page.keyboard.press('Control+Enter')
  await type('---')
  await type('/image\n')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Address').fill(imageUrl)
  await dialog.getByLabel('Description').fill('Two sheets of paper')
  await dialog.getByLabel('Description').press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await page.keyboard.press('Control+End')
}
