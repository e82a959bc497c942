/* The description of the document API, for tools and for people. */
import { createHash } from 'node:crypto'
import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeAll, describe, expect, it } from 'vitest'
import { startApi, type ApiServer } from './testing/api-server.ts'

let server: ApiServer
beforeAll(async () => {
  let stop = (): Promise<void> => Promise.resolve()
  server = await startApi({}, (undo) => (stop = undo))
  return () => stop()
})

type Described = {
  readonly openapi: string
  readonly paths: Record<string, Record<string, { operationId: string; responses: object }>>
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
    const known = Object.keys(whole.components.schemas)
    for (const name of new Set(names))
      expect(known.map((one) => `#/components/schemas/${one}`)).toContain(name)
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
