/* The description of the document API, for tools and for people. */
import { createHash } from 'node:crypto'
import { Validator } from '@seriousme/openapi-schema-validator'
import { z } from 'zod'
import { beforeAll, describe, expect, it } from 'vitest'
import { QuireApiError } from './client.ts'
import { startApi, type ApiServer } from './testing/api-server.ts'

let server: ApiServer
beforeAll(async () => {
  let stop = (): Promise<void> => Promise.resolve()
  server = await startApi({}, (undo) => (stop = undo))
  return () => stop()
})

type Form = Parameters<typeof z.fromJSONSchema>[0]

type Described = {
  readonly openapi: string
  readonly paths: Record<
    string,
    Record<
      string,
      {
        operationId: string
        responses: object
        parameters: readonly { readonly name: string; readonly schema: object }[]
      }
    >
  >
  readonly components: { readonly schemas: Record<string, unknown> }
}

const described = async (): Promise<Described> => {
  const { status, text } = await server.raw('/api/v1/openapi.json')
  expect(status).toBe(200)
  return JSON.parse(text) as Described
}

describe('openapi.json', () => {
  it('is OpenAPI 3.1 as its schema has it', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(await described())
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('points only to what is in it', async () => {
    const whole = await described()
    const names = [...JSON.stringify(whole).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref]) => ref)
    expect(names.length).toBeGreaterThan(10)
    const known = Object.entries(whole.components).flatMap(([kind, members]) =>
      Object.keys(members).map((one) => `#/components/${kind}/${one}`),
    )
    for (const name of new Set(names)) expect(known).toContain(name)
  })

  it('describes each form by more than its own name', async () => {
    const { components } = await described()
    for (const [name, schema] of Object.entries(components.schemas))
      expect([name, Object.keys(schema as object)]).not.toEqual([name, ['$ref']])
  })

  it('says the bounds of numbers in questions, and what holds without one', async () => {
    const { paths } = await described()
    const parameters = paths['/documents']?.['get']?.parameters
    expect(parameters?.find(({ name }) => name === 'limit')?.schema).toEqual({
      type: 'integer',
      minimum: 1,
      maximum: 1_000,
      description: 'Absent: 100',
    })
  })

  it('says what is really answered', async () => {
    const whole = await described()
    const text = JSON.stringify(whole.components.schemas)
    const $defs = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as object
    const check = (form: string, value: unknown): void => {
      const schema = z.fromJSONSchema({ $ref: `#/$defs/${form}`, $defs } as Form)
      expect([form, schema.safeParse(value).error]).toEqual([form, undefined])
      expect([form, schema.safeParse({ no: 'such thing' }).success]).toEqual([form, false])
    }
    const api = await server.client()
    const notes = api.document('described')
    check('Document', await api.create('described', { author: 'ann' }))
    const { etag: _, ...written } = await notes.append('markdown', '# *Title*')
    check('Written', written)
    check('DocumentPage', await api.list({ limit: 1 }))
    const version = await notes.keepVersion('first')
    check('Version', version)
    check('VersionPage', await notes.versions())
    await notes.append('markdown', 'more', { author: 'ann' })
    check('Diff', await notes.diff(version.id))
    check('Authors', await notes.authors())
    check('Revoked', await api.revoke({ user: 'nobody' }))
    check('Revocation', (await api.revocations())[0])
    const problem: unknown = await notes.restore(99).catch((error: unknown) => error)
    check('Problem', problem instanceof QuireApiError && problem.problem)
    const exported = await new Response(await api.export()).text()
    const bytes = new TextEncoder().encode(exported)
    const imported = await new Response(await api.import(bytes)).text()
    for (const line of exported.trim().split('\n')) check('ExportedLine', JSON.parse(line))
    for (const line of imported.trim().split('\n')) check('ImportedLine', JSON.parse(line))
    check('ImportLine', JSON.parse(exported.split('\n', 1)[0] ?? ''))
  })

  it('names every operation once, with the problems that it may answer', async () => {
    const { paths } = await described()
    const operations = Object.values(paths).flatMap((path) => Object.values(path))
    const ids = operations.map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { responses } of operations)
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining(['400', '401', '403', '429', '503']),
      )
  })
})

describe('the reference', () => {
  it('tells of every operation, and loads nothing but its own style', async () => {
    const { status, text, headers } = await server.raw('/api/v1/reference')
    expect(status).toBe(200)
    const policy = String(headers['content-security-policy'])
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(text) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(policy).toContain(`default-src 'none'; style-src 'sha256-${hash}';`)
    expect(text).not.toMatch(/<script| style="|<img|<link/)
    const { paths } = await described()
    for (const path of Object.values(paths))
      for (const { operationId } of Object.values(path))
        expect(text).toContain(`<article id="${operationId}">`)
  })
})
