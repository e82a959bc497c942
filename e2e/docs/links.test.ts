/* Links lead somewhere: to files that are there, and to headings of them as GitHub names those. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import GithubSlugger from 'github-slugger'
import { walkTokens, type Token } from 'marked'
import { expect, it } from 'vitest'
import { filesOf, pages, tokensOf } from '../harness/code-blocks.ts'
import { ROOT } from '../scripts/run.ts'

interface Link {
  readonly page: string
  readonly href: string
}

const all = (page: string): readonly Token[] => {
  const found: Token[] = []
  void walkTokens([...tokensOf(page)], (token) => void found.push(token)) // nothing in it waits
  return found
}

const linksOf = (page: string): readonly Link[] =>
  all(page).flatMap((token) =>
    token.type === 'link' || token.type === 'image' ? [{ page, href: String(token['href']) }] : [],
  )

/** What a heading shows, without the signs of Markdown. */
const shown = (token: Token): string =>
  'tokens' in token && token.tokens !== undefined
    ? token.tokens.map(shown).join('')
    : 'text' in token
      ? token.text
      : token.raw

const anchorsOf = (page: string): ReadonlySet<string> => {
  const slugger = new GithubSlugger()
  const headings = all(page).filter(({ type }) => type === 'heading')
  return new Set(headings.map((heading) => slugger.slug(shown(heading))))
}

const files = filesOf('*')
const isThere = (path: string): boolean =>
  path === '.' || files.some((file) => file === path || file.startsWith(`${path}/`))

/** Why a link leads nowhere, null if it leads somewhere. */
const problemOf = ({ page, href }: Link): string | null => {
  if (/^[a-z][a-z+.-]*:/i.test(href)) {
    if (!URL.canParse(href)) return 'is no address'
    return ['http:', 'https:', 'mailto:'].includes(new URL(href).protocol) ? null : 'has no scheme'
  }
  if (href.startsWith('/')) return 'begins at a root that nobody knows'
  const [path = '', anchor] = href.split('#')
  const target = path === '' ? page : posix.join(posix.dirname(page), decodeURIComponent(path))
  if (!isThere(target.replace(/\/$/, ''))) return 'leads to no file'
  if (anchor === undefined) return null
  if (!target.endsWith('.md')) return 'names a place in what has none'
  return anchorsOf(target).has(decodeURIComponent(anchor)) ? null : 'leads to no heading'
}

it.each(pages())('%s links to what is there', (page) => {
  const problems = linksOf(page).flatMap((link) => {
    const problem = problemOf(link)
    return problem === null ? [] : [`${link.href} ${problem}`]
  })
  expect(problems).toEqual([])
})

it('links are looked at: what leads nowhere is found', () => {
  const page = 'server/README.md'
  const problems = ['NONE.md', '#none', '/README.md', 'EMBEDDING.md#none', 'git:x'].map((href) =>
    problemOf({ page, href }),
  )
  expect(problems).toEqual([
    'leads to no file',
    'leads to no heading',
    'begins at a root that nobody knows',
    'leads to no heading',
    'has no scheme',
  ])
  expect(problemOf({ page, href: 'EMBEDDING.md#nodehttp' })).toBeNull()
  expect(pages().flatMap(linksOf).length).toBeGreaterThan(80)
})

it('links are written in Markdown, where they are looked at', () => {
  const hidden = pages().flatMap((page) =>
    all(page)
      .filter((token) => token.type === 'html' && /\b(?:href|src)=/.test(token.raw))
      .map((token) => `${page}: ${token.raw}`),
  )
  expect(hidden).toEqual([])
})

it.each(['server', 'shared', 'web/provider'])(
  '%s links to no page that its package lacks',
  (home) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, home, 'package.json'), 'utf8')) as {
      readonly files: readonly string[]
    }
    // npm carries the README in any case; what is outside of the package is looked up in the repository
    const carried = ['README.md', ...manifest.files.filter((file) => file.endsWith('.md'))]
    const lacking = carried
      .flatMap((file) => linksOf(`${home}/${file}`))
      .map(({ href }) => href.split('#')[0] ?? '')
      .filter((path) => /^[\w-]+\.md$/.test(path) && !carried.includes(path))
    expect(lacking).toEqual([])
  },
)

it('the index of the documentation leads to each of its pages', () => {
  const home = 'web/docs/README.md'
  const linked = new Set(linksOf(home).map(({ href }) => posix.join('web/docs', href)))
  const others = pages().filter((page) => page.startsWith('web/docs/') && page !== home)
  expect(others.length).toBeGreaterThan(5)
  expect(others.filter((page) => !linked.has(page))).toEqual([])
})
