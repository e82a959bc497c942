import { Command } from 'commander'
import { expect, it } from 'vitest'
import { dataDirOption, type DataDirOption } from './data-dir-option.ts'

it('a command’s data directory has the flag, the variable and the default of the server’s', () => {
  const option = dataDirOption()
  expect(option).toMatchObject({ long: '--data-dir', envVar: 'QUIRE_DATA_DIR' })
  const command = new Command().addOption(option)
  expect(command.parse([], { from: 'user' }).opts<DataDirOption>().dataDir).toBe('.quire')
  const given = command.parse(['--data-dir', '/srv'], { from: 'user' })
  expect(given.opts<DataDirOption>().dataDir).toBe('/srv')
  expect(() =>
    command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parse(['--data-dir', ''], { from: 'user' }),
  ).toThrow('It must not be empty.')
})
