/*
 * A gate that checks nothing is green. Each rule that this project adds or relies on gets a file that
 * breaks it, linted with the project's own configuration; the rule must report that file.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface Canary {
  readonly rule: string
  readonly file: string
  readonly text: string
}

const restricted = (file: string, imported: string): Canary => ({
  rule: 'eslint(no-restricted-imports)',
  file,
  text: `import { thing } from '${imported}'\nexport const use = thing\n`,
})

const canaries: Readonly<Record<string, Canary>> = {
  'a floating promise': {
    rule: 'typescript(no-floating-promises)',
    file: 'server/src/runtime/floating.ts',
    text: 'const work = async (): Promise<void> => undefined\nexport const go = (): void => {\n  work()\n}\n',
  },
  'a promise where nobody waits': {
    rule: 'typescript(no-misused-promises)',
    file: 'server/src/runtime/misused.ts',
    text: 'export const go = (on: (task: () => void) => void): void => on(async () => undefined)\n',
  },
  'a switch with a missing arm': {
    rule: 'typescript(switch-exhaustiveness-check)',
    file: 'server/src/room/switch.ts',
    text: "export const f = (kind: 'a' | 'b'): void => {\n  switch (kind) {\n    case 'a':\n      return\n  }\n}\n",
  },
  'an explicit any': {
    rule: 'typescript(no-explicit-any)',
    file: 'shared/src/any.ts',
    text: 'export const f = (value: any): string => String(value)\n',
  },
  'a non-null assertion': {
    rule: 'typescript(no-non-null-assertion)',
    file: 'shared/src/sure.ts',
    text: 'export const f = (list: readonly number[]): number => list[0]!\n',
  },
  'a type imported as a value': {
    rule: 'typescript(consistent-type-imports)',
    file: 'shared/src/type-import.ts',
    text: "import { Thing } from './thing.ts'\nexport const f = (thing: Thing): string => thing.name\n",
  },
  'an import cycle': {
    rule: 'import(no-cycle)',
    file: 'shared/src/cycle-a.ts',
    text: "import { b } from './cycle-b.ts'\nexport const a = (): number => b()\n",
  },
  'a node module on floor 0': restricted('shared/src/node.ts', 'node:fs'),
  'the server in shared': restricted('shared/src/server.ts', '@quire/server'),
  'a node module in the room': restricted('server/src/room/node.ts', 'node:fs'),
  'an I/O package in a dialect': restricted('server/src/dialects/ws.ts', 'ws'),
  'an adapter in the room': restricted('server/src/room/adapter.ts', '../storage/thing.ts'),
  'a shell in a port': restricted('server/src/ports/shell.ts', '../runtime/thing.ts'),
  'an adapter in the config': restricted('server/src/config.ts', './storage/thing.ts'),
  'a shell in an adapter': restricted('server/src/storage/shell.ts', '../runtime/thing.ts'),
  'an adapter in an adapter': restricted(
    'server/src/storage/sqlite/x.ts',
    '../../content/thing.ts',
  ),
  'a route in the runtime': restricted('server/src/runtime/route.ts', '../http/thing.ts'),
  'the editor in the server': restricted('server/src/http/web.ts', '@quire/editor'),
  'the server in the editor': restricted('web/editor/src/server.ts', '@quire/server'),
  'a node module in the editor': restricted('web/editor/src/node.ts', 'node:fs'),
  'a Y.Doc in the runtime': {
    rule: 'eslint(no-restricted-imports)',
    file: 'server/src/runtime/doc.ts',
    text: "import { Doc } from 'yjs'\nexport const doc = new Doc()\n",
  },
  'a Y.Doc in the content adapter beside the fold': {
    rule: 'eslint(no-restricted-imports)',
    file: 'server/src/content/doc.ts',
    text: "import { applyUpdate } from 'yjs'\nexport const use = applyUpdate\n",
  },
}

const support: Readonly<Record<string, string>> = {
  'shared/src/cycle-b.ts': "import { a } from './cycle-a.ts'\nexport const b = (): number => a()\n",
  'shared/src/thing.ts': 'export interface Thing {\n  readonly name: string\n}\n',
}

interface Report {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string }[]
}

describe('the lint configuration bites', () => {
  let folder = ''
  let report: Report = { diagnostics: [] }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'quire-lint-'))
    const files = { ...support }
    for (const { file, text } of Object.values(canaries)) files[file] = text
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    cpSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
    for (const part of ['shared', 'server'])
      writeFileSync(
        join(folder, part, 'tsconfig.json'),
        JSON.stringify({
          extends: join(ROOT, 'tsconfig.base.json'),
          compilerOptions: { composite: false, noEmit: true, types: [] },
          include: ['src'],
        }),
      )
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const oxlint = join(ROOT, 'node_modules/.bin/oxlint')
    const run = spawnSync(oxlint, ['--type-aware', '--format=json'], { cwd: folder })
    report = JSON.parse(run.stdout.toString()) as Report // oxlint's documented format
  }, 60_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(Object.entries(canaries))('%s is reported', (_, { rule, file }) => {
    const codes = report.diagnostics.filter((found) => found.filename.endsWith(file))
    expect(codes.map((found) => found.code)).toContain(rule)
  })

  test('what breaks no rule is not reported', () => {
    const clean = report.diagnostics.filter((found) => found.filename.endsWith('thing.ts'))
    expect(clean).toEqual([])
  })
})
