import parse from 'parse-prometheus-text-format'
import type { ServerProcess } from './server-process.ts'

interface Family {
  readonly name: string
  readonly metrics: readonly {
    readonly labels?: Readonly<Record<string, string>>
    readonly value?: string
    readonly count?: string
    readonly buckets?: Readonly<Record<string, string>>
  }[]
}

/** What a scraper reads of a server. */
export interface Scraped {
  readonly text: string
  /** The sum of the series of a name with these labels, of a histogram how many were observed; 0 where there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number
  /** Of a histogram without labels, how many were observed up to each bound, least first. */
  buckets(name: string): readonly { readonly upTo: number; readonly count: number }[]
}

/** Reads a server's figures, with a parser of the format. */
export const scrape = async (on: Pick<ServerProcess, 'url'>, token?: string): Promise<Scraped> => {
  const headers: Record<string, string> =
    token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const answer = await fetch(`${on.url}/metrics`, { headers })
  if (answer.status !== 200) throw new Error(`/metrics answered ${answer.status}`)
  const text = await answer.text()
  const families = new Map((parse(text) as Family[]).map((family) => [family.name, family])) // its README
  return {
    text,
    value: (name, labels = {}) =>
      (families.get(name)?.metrics ?? [])
        .filter((series) =>
          Object.entries(labels).every(([label, value]) => series.labels?.[label] === value),
        )
        .reduce((sum, { value, count }) => sum + Number(value ?? count), 0),
    buckets: (name) =>
      Object.entries(families.get(name)?.metrics[0]?.buckets ?? {})
        .map(([bound, count]) => {
          return { upTo: bound === '+Inf' ? Infinity : Number(bound), count: Number(count) }
        })
        .toSorted((a, b) => a.upTo - b.upTo),
  }
}
