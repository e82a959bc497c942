/** A language that code blocks can be highlighted in. */
export interface Language {
  /** The name highlight.js knows it by, stored in the document. */
  readonly id: string
  readonly label: string
}

const labels = {
  bash: 'Bash',
  c: 'C',
  cpp: 'C++',
  csharp: 'C#',
  css: 'CSS',
  diff: 'Diff',
  go: 'Go',
  graphql: 'GraphQL',
  ini: 'INI / TOML',
  java: 'Java',
  javascript: 'JavaScript',
  json: 'JSON',
  kotlin: 'Kotlin',
  lua: 'Lua',
  makefile: 'Makefile',
  markdown: 'Markdown',
  php: 'PHP',
  python: 'Python',
  r: 'R',
  ruby: 'Ruby',
  rust: 'Rust',
  scss: 'SCSS',
  sql: 'SQL',
  swift: 'Swift',
  typescript: 'TypeScript',
  xml: 'HTML / XML',
  yaml: 'YAML',
}

const aliases = new Map(
  Object.entries({
    'c++': 'cpp',
    'c#': 'csharp',
    cs: 'csharp',
    golang: 'go',
    gql: 'graphql',
    html: 'xml',
    js: 'javascript',
    jsx: 'javascript',
    kt: 'kotlin',
    make: 'makefile',
    md: 'markdown',
    py: 'python',
    rb: 'ruby',
    rs: 'rust',
    sh: 'bash',
    shell: 'bash',
    svg: 'xml',
    toml: 'ini',
    ts: 'typescript',
    tsx: 'typescript',
    yml: 'yaml',
    zsh: 'bash',
  }),
)

/** All languages on offer, by label. */
export const languages: readonly Language[] = Object.entries(labels)
  .map(([id, label]) => ({ id, label }))
  .toSorted((a, b) => a.label.localeCompare(b.label, 'en'))

const byId = new Map(languages.map((language) => [language.id, language]))

/** The language a code block's attribute means; `null` for plain text and for anything unknown. */
export function languageOf(attribute: unknown): Language | null {
  if (typeof attribute !== 'string') return null
  const id = attribute.toLowerCase()
  return byId.get(aliases.get(id) ?? id) ?? null
}
