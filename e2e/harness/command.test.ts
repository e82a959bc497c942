import { expect, it } from 'vitest'
import { commandLine, readFirstLine } from './command.ts'

it('reads variables and flags of a first line', () => {
  const line = '#!/usr/bin/env -S ONE=1 TWO=2 node --three=3 --four\nprogram()\n'
  expect(readFirstLine(line)).toEqual({
    flags: ['--three=3', '--four'],
    env: { ONE: '1', TWO: '2' },
  })
  expect(readFirstLine('#!/usr/bin/env node\n')).toEqual({ flags: [], env: {} })
})

it("knows the command's own", () => {
  const { flags, env } = commandLine()
  expect(flags).toEqual([expect.stringMatching(/^--max-semi-space-size=\d+$/), '--expose-gc'])
  expect(env).toEqual({ MALLOC_MMAP_THRESHOLD_: expect.stringMatching(/^\d+$/) })
})
