/* server/MOVING.md lists the options of both commands, as they are. */
import { readFileSync } from 'node:fs'
import { Command, type Option } from 'commander'
import { expect, it } from 'vitest'
import { registerExport } from './export.ts'
import { registerImport } from './import.ts'

const PAGE = readFileSync(new URL('../../MOVING.md', import.meta.url), 'utf8')

/** What the page has to say of an option: its choices, and its default. */
const wordsOf = ({ argChoices = [], defaultValue }: Option): readonly string[] => {
  if (typeof defaultValue === 'number') return [`Default: ${defaultValue.toLocaleString('en')}`]
  const isChosen = argChoices.length > 0 && typeof defaultValue === 'string'
  const fallback = isChosen ? [`Default: \`${defaultValue}\``] : []
  return [...argChoices.map((choice) => `\`${choice}\``), ...fallback]
}

it.each([
  ['export', registerExport],
  ['import', registerImport],
] as const)('the page lists every option of quire %s, and no other', (name, register) => {
  const program = new Command()
  register(program)
  const [command] = program.commands
  const section = PAGE.split(`\`quire ${name} <`)[1]?.split('\n`quire ')[0] ?? ''
  const listed = [...section.matchAll(/^\| `(--[^`]+)` \| (.*) \|$/gm)]
  const options = command?.options ?? []
  expect(listed.map(([, flags]) => flags).toSorted()).toEqual(
    options.map(({ flags }) => flags).toSorted(),
  )
  for (const option of options) {
    const about = listed.find(([, flags]) => flags === option.flags)?.[2]
    for (const words of wordsOf(option)) expect(about).toContain(words)
  }
})

it.each(['0', '-1', 'many', '1e6', '999999999999'])('%j is no --max-document-bytes', (value) => {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  registerImport(program)
  program.commands[0]?.exitOverride().configureOutput({ writeErr: () => undefined })
  const parse = () => program.parse(['node', 'quire', 'import', '--max-document-bytes', value, 'x'])
  expect(parse).toThrow('It must be a whole number from 1 to 268435456.')
})
