import { createSecretKey } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { decodeJwt } from 'jose'
import { createJwtAuth } from '../auth/jwt.ts'
import { nameOf } from '../storage/contract/fixture.ts'
import { newDataDir, runCommand } from '../testing/command.ts'

vi.setConfig({ testTimeout: 20_000 }) // processes have to start

const SECRET = 'a-secret-of-more-than-thirty-two-bytes'
/** More names than fit a token. */
const LONG = Array.from({ length: 9 }, () => ['--doc', `${'a'.repeat(1_000)}=read`]).flat()
const env = { QUIRE_JWT_SECRET: SECRET }

describe('quire token', () => {
  it('prints a token alone, which grants what was asked for and no more', async () => {
    const args = ['--doc', 'team/*=write', '--doc', 'a=b=read', '--sub', 'ann', '--name', 'Ann']
    const ran = await runCommand(['token', ...args, '--expires', '2h'], {
      ...env,
      QUIRE_JWT_ISSUER: 'us',
      QUIRE_JWT_AUDIENCE: 'quire',
    })
    expect(ran).toMatchObject({ exit: 0, stderr: '' })
    const token = ran.stdout.trimEnd()
    const auth = createJwtAuth({
      secret: createSecretKey(SECRET, 'utf8'),
      issuer: 'us',
      audience: 'quire',
    })
    const grantFor = async (name: string) => auth.authorize({ document: nameOf(name), token })
    expect(await grantFor('team/plan')).toMatchObject({
      ok: true,
      value: { access: 'write', user: 'ann', name: 'Ann', isApplication: false },
    })
    expect(await grantFor('a=b')).toMatchObject({ ok: true, value: { access: 'read' } })
    expect(await grantFor('a')).toMatchObject({ ok: false, error: { kind: 'forbidden' } })
    const { iat = 0, exp = 0 } = decodeJwt(token)
    expect(exp - iat).toBe(7_200)
  })

  it('takes the secret from a file, says whose the token is, and with --json all of it', async () => {
    const file = join(await newDataDir(), 'secret')
    await writeFile(file, `${SECRET}\n`)
    const options = ['--operations', 'read', '--expires', 'never', '--secret-file', file]
    const ran = await runCommand(['token', ...options, '--json'])
    expect(ran.exit).toBe(0)
    expect(ran.stderr).toMatch(/^quire: without --sub .*\n$/)
    const report = JSON.parse(ran.stdout)
    expect(report).toMatchObject({ result: 'done', expiresAt: null })
    expect(decodeJwt(report.token)).toMatchObject({ operations: 'read', docs: [], jti: report.id })
  })

  it.each([
    [['--doc', 'a'], env, '--doc a: must be <pattern>=read, =comment or =write'],
    [['--doc', '=read'], env, '--doc =read: document name is empty'],
    [['--doc', 'a=owner'], env, '--doc a=owner: must be'],
    [[], env, 'there must be a --doc or --operations'],
    [['--doc', 'a=read', '--expires', '1y'], env, '--expires 1y: must be a time such as'],
    [['--doc', 'a=read', '--expires', '999999999d'], env, 'at most 36500d'],
    [['--doc', 'a=read', '--expires', '0s'], env, '--expires 0s: must be a time such as'],
    [['--doc', 'a=read', '--operations', 'all'], env, 'Allowed choices are read, write'],
    [['--doc', 'a=read'], {}, 'QUIRE_JWT_SECRET: there is no secret'],
    [['--doc', 'a=read'], { QUIRE_JWT_SECRET: 'hush' }, 'the secret is 4 bytes'],
    [LONG, env, 'limit 8192'],
    [['--jwt-secret=hush', '--doc', 'a=read'], env, "unknown option '--jwt-secret=…'"],
  ])('wrong usage is told without a secret, %#', async (args, variables, problem) => {
    const ran = await runCommand(['token', ...args], variables)
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toContain(problem)
    expect(ran.stderr).not.toMatch(/hush|a-secret/)
  })

  it('a file that is not there is told of, and is a failure', async () => {
    const ran = await runCommand([
      'token',
      '--doc',
      'a=read',
      '--secret-file',
      '/nowhere',
      '--json',
    ])
    expect(ran).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/^quire: ENOENT.*\/nowhere/),
    })
    expect(JSON.parse(ran.stdout)).toMatchObject({ result: 'failed' })
  })
})
