import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { describeOption, optionRows, readConfig, type Config, type OptionRow } from './config.ts'

const rows: readonly OptionRow[] = optionRows

const read = (
  flags: Record<string, string> = {},
  env: Record<string, string> = {},
): Config | readonly string[] => {
  const config = readConfig(flags, env)
  return config.ok ? config.value : config.error
}

/** Kinds whose values are secrets, or have them in them. */
const hidden = new Set(['secret', 'key-url', 'webhook-urls', 'webhook-secret'])

/** What is not a value of a row's kind. */
const malformedOf = ({ kind }: OptionRow): readonly string[] => {
  switch (kind.type) {
    case 'text':
      return ['']
    case 'secret':
      return ['tell nobody', 'é'.repeat(15)]
    case 'optional':
      return []
    case 'key-url':
      return [
        'http://example.org/keys',
        'http://127.0.0.1.nip.io/',
        'ftp://example.org/',
        'example.org/keys',
      ]
    case 'origins':
      return ['example.org', 'https://example.org/', 'https://Example.org', 'https://a.org,b']
    case 'networks':
      return [
        '10.0.0',
        '10.0.0.0/33',
        '1.2.3.256',
        '::1/129',
        '::g',
        '1.2.3.4/',
        'localhost',
        '1/2/3',
      ]
    case 'webhook-urls':
      return [
        'example.org',
        'ftp://example.org/',
        'https://ann:secret@example.org/',
        'https://a.org,https://a.org',
        'https://a.org,https://A.org:443/',
        Array.from({ length: 11 }, (_, i) => `https://${i}.org/`).join(),
      ]
    case 'webhook-secret':
      return [
        'tell nobody',
        `whsec_${btoa('x'.repeat(23))}`,
        `whsec_${btoa('x'.repeat(65))}`,
        `whsec_${btoa('x'.repeat(24))}=`,
        `WHSEC_${btoa('x'.repeat(24))}`,
      ]
    case 'choices':
      return ['other', `${kind.choices[0]},other`, `${kind.choices[0]};${kind.choices[1]}`]
    case 'switch':
      return ['', 'true', '1', 'ON', 'yes']
    case 'choice':
      return ['', 'other', `${kind.choices.join('')}s`, `${kind.choices[0]} `]
    case 'count': {
      const outside = [String(kind.max + 1), ...(kind.min > 0 ? [String(kind.min - 1)] : [])]
      return [...outside, '', '-1', '1.5', '1e9', '0x10', ' 1', '1_000', 'NaN', '9'.repeat(16)]
    }
  }
}

describe('the table of options', () => {
  it('has flags and variables that are unique and well-formed', () => {
    const flags = rows.map(({ flag }) => flag)
    const variables = rows.map(({ env }) => env)
    expect(new Set(flags).size).toBe(rows.length)
    expect(new Set(variables).size).toBe(rows.length)
    for (const flag of flags) expect(flag).toMatch(/^[a-z]+(-[a-z]+)*$/)
    for (const name of variables) expect(name).toMatch(/^QUIRE_[A-Z]+(_[A-Z]+)*$/)
  })

  it.each(rows)('--$flag says what it does, in a sentence', ({ about }) => {
    expect(about).toMatch(/^[A-Za-z].*\.$/)
  })

  it.each(rows)('--$flag: its default is the same as its default written out', (row) => {
    const { key, env, fallback } = row
    const value = (of: Config | readonly string[]): unknown => (of as Record<string, unknown>)[key]
    expect(value(read({ [key]: fallback }))).toEqual(value(read()))
    expect(value(read({}, { [env]: fallback }))).toEqual(value(read()))
    expect(value(read())).toBeDefined()
  })
})

describe('a malformed value', () => {
  const cases = rows.flatMap((row) => malformedOf(row).map((value) => ({ row, value })))

  it.each(cases)(
    '$row.flag = $value stops the start with that row’s sentence',
    ({ row, value }) => {
      const wanted = row.kind.type === 'count' ? `from ${row.kind.min} to ${row.kind.max}` : 'must'
      for (const [problems, name] of [
        [read({}, { [row.env]: value }), row.env],
        [read({ [row.key]: value }), `--${row.flag}`],
      ] as const) {
        expect(problems).toHaveLength(1)
        const [sentence] = problems as readonly string[] // one, as just checked
        expect(sentence).toContain(`${name}: `)
        expect(sentence).toContain(wanted)
        const isTold = sentence?.includes(JSON.stringify(value))
        expect(isTold).toBe(!hidden.has(row.kind.type)) // a secret stands in no log
        expect(sentence).toContain(row.about)
        for (const choice of row.kind.type === 'choice' ? row.kind.choices : [])
          expect(sentence).toContain(choice)
      }
    },
  )

  it('is told together with all others', () => {
    const problems = read({ port: 'x' }, { QUIRE_AUTH: 'y', QUIRE_LOG_LEVEL: 'z', QUIRE_PROT: '1' })
    expect(problems).toHaveLength(4)
  })
})

describe('options', () => {
  it('of flags win over the environment', () => {
    expect(read({ port: '1' }, { QUIRE_PORT: '2' })).toMatchObject({ port: 1 })
    expect(read({}, { QUIRE_PORT: '2' })).toMatchObject({ port: 2 })
    expect(read({ port: '1' }, { QUIRE_PORT: 'x' })).toMatchObject({ port: 1 })
  })

  it('that nobody knows stop the start, if they are QUIRE_ variables', () => {
    expect(read({}, { PATH: '/bin', QUIRES: 'x' })).toMatchObject({ port: 4400 })
    expect(read({}, { QUIRE_PROT: '1' })).toEqual([
      'QUIRE_PROT: there is no such option; quire serve --help lists them',
    ])
    expect(read({}, { QUIRE___PROTO__: '1', QUIRE_: '' })).toHaveLength(2)
  })

  it('that are lists are cut at commas, without blanks', () => {
    const { allowedOrigins } = read(
      {},
      { QUIRE_ALLOWED_ORIGINS: ' https://a.org, http://b:81 ,,*,' },
    ) as Config
    expect(allowedOrigins).toEqual(['https://a.org', 'http://b:81', '*'])
  })

  it('that are networks may be addresses and CIDRs of both families', () => {
    const { trustedProxies } = read(
      {},
      { QUIRE_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1,2001:DB8::/32,::1,::ffff:1.2.3.4/128' },
    ) as Config
    expect(trustedProxies).toEqual([
      '10.0.0.0/8',
      '192.0.2.1',
      '2001:DB8::/32',
      '::1',
      '::ffff:1.2.3.4/128',
    ])
  })

  it('let in nobody by a token without a secret, and nobody without a token beside one', () => {
    const jwtSecret = 'x'.repeat(32)
    expect(read({ auth: 'jwt', jwtSecret, host: '0.0.0.0' })).toMatchObject({ auth: 'jwt' })
    const jwksUrl = 'https://login.example/keys'
    expect(read({ auth: 'jwt', jwksUrl, jwtSecret })).toMatchObject({ jwksUrl, jwtSecret })
    expect(read({ auth: 'jwt', jwksUrl })).toMatchObject({ jwtSecret: '' })
    for (const [flags, sentence] of [
      [{ auth: 'jwt' }, 'QUIRE_JWT_SECRET: '],
      [{ jwtSecret }, 'QUIRE_AUTH: there is a QUIRE_JWT_SECRET,'],
      [{ jwksUrl }, 'QUIRE_AUTH: there is a QUIRE_JWKS_URL,'],
      [{ jwtIssuer: 'a' }, 'QUIRE_AUTH: there is a QUIRE_JWT_ISSUER,'],
      [{ jwtAudience: 'a' }, 'QUIRE_AUTH: there is a QUIRE_JWT_AUDIENCE,'],
    ] as const) {
      const [problem, ...more] = read(flags) as readonly string[]
      expect(more).toEqual([])
      expect(problem).toContain(sentence)
      expect(problem).not.toContain(jwtSecret)
    }
  })

  it.each(['http://localhost:8080/keys', 'http://[::1]/keys', 'http://127.0.0.1/keys'])(
    'may read keys without TLS on this machine: %s',
    (jwksUrl) => expect(read({ auth: 'jwt', jwksUrl })).toMatchObject({ jwksUrl }),
  )

  it('tell nothing of a password or a query that stands in the address of keys', () => {
    for (const jwksUrl of ['https://ann:hush@a.example/', 'http://a.example/?key=hush']) {
      const [problem] = read({ auth: 'jwt', jwksUrl }) as readonly string[]
      expect(problem).toMatch(/^--jwks-url: must be an https address without a password/)
      expect(problem).not.toContain('hush')
    }
  })

  it('have a certificate and its key, or neither', () => {
    expect(read({ tlsCert: 'a', tlsKey: 'b' })).toMatchObject({ tlsCert: 'a', tlsKey: 'b' })
    expect((read({ tlsCert: 'a' }) as readonly string[])[0]).toMatch(/^QUIRE_TLS_KEY: /)
    expect((read({ tlsKey: 'a' }) as readonly string[])[0]).toMatch(/^QUIRE_TLS_CERT: /)
  })

  it('tell targets of webhooks nothing unsigned, and in plain text only where that is asked for', () => {
    const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const problemOf = (given: Parameters<typeof read>[0]) => (read(given) as readonly string[])[0]
    expect(problemOf({ webhookUrls: 'https://a.example/' })).toMatch(/^QUIRE_WEBHOOK_SECRET: /)
    const plain = { webhookUrls: 'https://a.example/,http://b.example/', webhookSecret }
    expect(problemOf(plain)).toMatch(/^QUIRE_WEBHOOK_URLS: one of them is http/)
    expect(read({ ...plain, webhookAllowPrivate: 'on' })).toMatchObject({ webhookSecret })
    const eager = { ...plain, webhookUrls: 'https://a.example/', webhookDebounceMs: '10001' }
    expect(problemOf(eager)).toMatch(/^QUIRE_WEBHOOK_MAX_WAIT_MS: 10000 is less than/)
  })

  it('do not let there be more sessions than connections', () => {
    const problems = read({ maxSessions: '20001' }) as readonly string[]
    expect(problems).toEqual([
      'QUIRE_MAX_CONNECTIONS: 20000 is less than QUIRE_MAX_SESSIONS, 20001',
    ])
  })

  it('do not let one document hold more than all', () => {
    const half = String(2 ** 29)
    expect((read({ maxUnsavedBytes: half }) as readonly string[])[0]).toMatch(
      /^QUIRE_MAX_TOTAL_UNSAVED_BYTES: \d+ is less than/,
    )
    expect((read({ maxLoadQueueBytes: half }) as readonly string[])[0]).toMatch(
      /^QUIRE_MAX_TOTAL_LOAD_QUEUE_BYTES: \d+ is less than/,
    )
  })

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])(
    'let an open server listen on %s',
    (host) => expect(read({ host })).toMatchObject({ host }),
  )

  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.7',
    'quire.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
  ])('let an open server listen on %s only where that is asked for by name', (host) => {
    const [problem, ...more] = read({ host }) as readonly string[]
    expect(more).toEqual([])
    expect(problem).toContain(host)
    expect(problem).toContain('QUIRE_UNSAFE_OPEN_TO_NETWORK=on')
    expect(read({ host, unsafeOpenToNetwork: 'on' })).toMatchObject({ host })
  })

  it('do not let a message be larger than what may wait', () => {
    const problems = read({ maxMessageBytes: String(2 ** 27) }) as readonly string[]
    expect(problems[0]).toMatch(/^QUIRE_MAX_LOAD_QUEUE_BYTES: \d+ is less than/)
    const more = { maxMessageBytes: String(2 ** 27), maxLoadQueueBytes: String(2 ** 27) }
    expect((read(more) as readonly string[])[0]).toMatch(/^QUIRE_MAX_UNSAVED_BYTES: /)
  })

  it('do not let one presence state be larger than all of a document may be', () => {
    const problems = read({ maxPresenceTotalBytes: '16383' }) as readonly string[]
    expect(problems[0]).toMatch(/^QUIRE_MAX_PRESENCE_TOTAL_BYTES: 16383 is less than .* 16384$/)
    expect(read({ maxPresenceTotalBytes: '16384' })).toMatchObject({ maxPresenceTotalBytes: 16384 })
  })
})

describe('quire serve --help', () => {
  it('holds every row', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=quire-source', main, 'serve', '--help'], {
      env: { PATH: process.env['PATH'], COLUMNS: '10000' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    child.stdout.on('data', (text: Buffer) => (out += text.toString()))
    const [code] = (await once(child, 'close')) as [number] // node:child_process
    expect(code).toBe(0)
    const words = out.replaceAll(/\s+/g, ' ')
    for (const row of rows) {
      expect(words).toContain(`--${row.flag} <value> ${describeOption(row)} (env: ${row.env})`)
      expect(describeOption(row)).toContain(row.about)
      expect(describeOption(row)).toContain(row.unit)
      expect(describeOption(row)).toContain(`Default: ${row.fallback || 'none'}.`)
    }
  }, 30_000)
})
